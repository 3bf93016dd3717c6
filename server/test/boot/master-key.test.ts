// The master key at boot (S14): a wrong or missing one stops the process before it writes, and says which is which.
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createLog, Fault, readConfig, serve, work } from '../../src/main.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

let database: TestDatabase;
let folder: string;
let lines: string[] = [];
before(async () => {
  database = await testDatabase();
  // As the database of a deployment that was never started.
  await database.admin('delete from sys.master_keys');
  folder = await mkdtemp(join(tmpdir(), 'sallyport-master-'));
});
after(async () => {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const log = createLog({ level: 'debug', write: (line) => lines.push(line) });
const masterFile = (): string => join(folder, 'keys', 'master-1');

function configOf(extra: Readonly<Record<string, string>> = {}) {
  const { host, port, database: name, user } = database.connect.direct;
  const url = `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host)}&port=${port}`;
  const env = {
    DATABASE_URL: url,
    SALLYPORT_ROLE_PREFIX: database.prefix,
    SALLYPORT_DATA: folder,
    SALLYPORT_PORT: '0',
    SALLYPORT_LOG_LEVEL: 'debug',
    ...extra,
  };
  return readConfig({ env, flags: {} });
}

async function bootOnce(extra: Readonly<Record<string, string>> = {}): Promise<void> {
  const served = await serve(configOf(extra), log);
  await served.close();
}

/** How often the database was told something by a boot. */
async function written(): Promise<unknown> {
  const { rows } = await database.admin(
    `select (select count(*)::int from sys.setup_links) as links, (select count(*)::int from sys.master_keys) as masters,
       (select count(*)::int from app.tenant_keys) as keys, (select max(xmin::text::bigint) from sallyport_meta.migrations) as migrations`,
  );
  return rows[0];
}

/** Refused with a configuration fault whose text matches; nothing written, and no new key beside the old. */
async function refuses(text: RegExp, boot: () => Promise<unknown>): Promise<void> {
  const before = await written();
  const keys = await readdir(join(folder, 'keys'));
  lines = [];
  await assert.rejects(boot(), (error: unknown) => {
    assert.ok(error instanceof Fault && error.code === 'configuration', String(error));
    assert.match(error.message, text);
    return true;
  });
  assert.deepEqual(await written(), before);
  assert.deepEqual(await readdir(join(folder, 'keys')), keys);
  assert.ok(!lines.some((line) => line.includes('migrate.step')), 'no migration was begun');
}

const FINGERPRINT = '[0-9a-f]{16}';

test('the first boot makes a master key in the folder, and the database knows its fingerprint only', async () => {
  await bootOnce();
  const key = (await readFile(masterFile(), 'utf8')).trim();
  assert.match(key, /^[0-9a-f]{64}$/);
  const { rows } = await database.admin(`select encode(fingerprint, 'hex') as f from sys.master_keys`);
  assert.equal(rows.length, 1);
  assert.notEqual(rows[0]?.f, key);
  assert.ok(!lines.some((line) => line.includes(key)));
  await bootOnce();
});

test('another key stops the boot and names both fingerprints', async () => {
  const genuine = await readFile(masterFile(), 'utf8');
  await writeFile(masterFile(), `${'ab'.repeat(32)}\n`);
  await refuses(
    new RegExp(`master key 1 with fingerprint ${FINGERPRINT}, and the one here has fingerprint ${FINGERPRINT}`),
    bootOnce,
  );
  await refuses(/the one here has fingerprint/, () => work(configOf(), log));
  await writeFile(masterFile(), genuine);
  await bootOnce();
});

test('a lost key stops the boot, and no new one hides the loss', async () => {
  const aside = join(folder, 'master-aside');
  await rename(masterFile(), aside);
  await refuses(new RegExp(`master key 1 with fingerprint ${FINGERPRINT}, and there is none`), bootOnce);
  await refuses(/SALLYPORT_MASTER_KEY_FILE: missing/, () => work(configOf(), log));
  // The same key where the operator keeps it.
  await bootOnce({ SALLYPORT_MASTER_KEY_FILE: aside });
  await rename(aside, masterFile());
  await bootOnce();
});

test('a garbled key, and one that others can read, are refused as what they are', async () => {
  const genuine = await readFile(masterFile(), 'utf8');
  await writeFile(masterFile(), 'short\n');
  await refuses(/holds no key of 32 bytes/, bootOnce);
  await writeFile(masterFile(), genuine);
  await chmod(masterFile(), 0o644);
  await assert.rejects(bootOnce(), /chmod 600/);
  await chmod(masterFile(), 0o600);
  assert.throws(
    () => configOf({ SALLYPORT_MASTER_KEY: `${'ab'.repeat(32)}\nx` }),
    /SALLYPORT_MASTER_KEY: not accepted; expected lines of 64/,
  );
});

test('S3 is configured whole or not at all', () => {
  assert.throws(
    () => configOf({ SALLYPORT_BLOBS: 's3', SALLYPORT_S3_BUCKET: 'b1b' }),
    (error: unknown) => {
      assert.ok(error instanceof Fault);
      const missing = [...error.message.matchAll(/(\w+): missing; expected with SALLYPORT_BLOBS=s3/g)].map(
        (match) => match[1],
      );
      assert.deepEqual(missing, [
        'SALLYPORT_S3_ENDPOINT',
        'SALLYPORT_S3_ACCESS_KEY_ID',
        'SALLYPORT_S3_SECRET_ACCESS_KEY',
      ]);
      return true;
    },
  );
  assert.throws(() => configOf({ SALLYPORT_S3_BUCKET: 'b1b' }), /SALLYPORT_S3_BUCKET: set without SALLYPORT_BLOBS=s3/);
  assert.throws(
    () => configOf({ SALLYPORT_S3_ENDPOINT: 'http://user@s3.example.com/x' }),
    /SALLYPORT_S3_ENDPOINT.*not accepted/,
  );
});
