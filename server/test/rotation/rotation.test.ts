// S15: every key is replaced by a command while nodes serve and runs are at work; a rotation that was killed goes on where it was.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { createDatabase, ensureDatabase } from '../../src/db/db.ts';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import {
  RotationError,
  readConfig,
  rotateDatabase,
  rotateLinks,
  rotateMaster,
  rotateTenant,
  serve,
} from '../../src/main.ts';
import { ask, beginSlowRun, openFolderHouse, post, settle, silent, until } from '../backup/house.ts';
import { TEST_MASTER_KEY, testDatabase } from '../database.ts';
import { databaseUrl } from '../node.ts';
import { serveSite } from '../workbench.ts';

const PROGRAM = fileURLToPath(new URL('./rotate-process.ts', import.meta.url));

const refused = (code: string) => (error: unknown) => {
  assert.ok(error instanceof RotationError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

test('the master key is replaced while a node serves and a run is at work, and a rotation that was killed goes on', async (t) => {
  const database = await testDatabase();
  const site = await serveSite((_request, response) => setTimeout(() => response.end('<p>late</p>'), 8_000));
  const house = await openFolderHouse(database, { SALLYPORT_EGRESS_ALLOW: `127.0.0.1/32:${site.port}` });
  t.after(async () => {
    await house.clear();
    await site.close();
    await database.drop();
  });
  const people = await Promise.all(['Ada', 'Bob', 'Cleo'].map((name) => settle(house, name)));
  const [ada] = people;
  assert.ok(ada !== undefined);
  const run = await beginSlowRun(house, ada.key, `${site.url}/late`);
  let serving = true;
  let read = 0;
  const reader = (async () => {
    for (; serving; read++)
      for (const { key, artifact, text: said } of people)
        assert.equal((await ask(house.url, key, `/v1/artifacts/${artifact}/content`)).text, said);
  })();
  const env = {
    SALLYPORT_DATA: house.data,
    DATABASE_URL: databaseUrl(database),
    SALLYPORT_ROLE_PREFIX: database.prefix,
  };
  // Killed when the key lies there, when it counts, and when one tenant is done.
  for (const at of [1, 2, 3]) {
    const child = spawn(process.execPath, [PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(JSON.stringify({ env, at }));
    const [, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.equal(signal, 'SIGKILL');
  }
  const done = await rotateMaster(house.config, silent);
  assert.equal(done.version, 2, 'it went on with the key that lay there');
  const versions = async () =>
    (await database.admin(`select distinct master_version as v from app.tenant_keys where state <> 'destroyed'`)).rows;
  assert.deepEqual(await versions(), [{ v: 2 }]);
  const { rows } = await database.admin(
    'select version, retired_at is not null as retired from sys.master_keys order by 1',
  );
  assert.deepEqual(rows, [
    { version: 1, retired: true },
    { version: 2, retired: false },
  ]);
  await settle(house, 'Dora');
  assert.deepEqual(await versions(), [{ v: 2 }], 'the node wraps new keys under it, without a restart');
  await until(async () => (await ask(house.url, ada.key, `/v1/runs/${run}`)).json.status === 'succeeded');
  serving = false;
  await reader;
  assert.ok(read > 3);
  const chain = (await ask(house.url, house.operator, '/v1/operator/audit/export')).text;
  for (const step of ['begun', 'done'])
    assert.match(chain, new RegExp(`"id":"master-2".*"step":"${step}"|"step":"${step}".*"id":"master-2"`));
  assert.equal((await rotateMaster(house.config, silent)).version, 3, 'a second one makes the next key');
});

test('no new master key counts before every living node holds it', async (t) => {
  const database = await testDatabase();
  const house = await openFolderHouse(database);
  const ada = await settle(house, 'Ada');
  // A node elsewhere: its own copies of the keys.
  const other = await mkdtemp(join(tmpdir(), 'sallyport-other-'));
  await mkdir(join(other, 'keys'), { mode: 0o700 });
  for (const name of ['master-1', 'pepper-1', 'links-1', 'certificates-1'])
    await copyFile(join(house.data, 'keys', name), join(other, 'keys', name));
  const far = await serve({ ...house.config, dataDir: other, blobFolder: join(house.data, 'blobs') }, silent);
  t.after(async () => {
    await far.close();
    await house.clear();
    await rm(other, { recursive: true, force: true });
    await database.drop();
  });
  await assert.rejects(rotateMaster(house.config, silent, { waitMs: 3_000 }), refused('nodes_behind'));
  const { rows } = await database.admin('select version from sys.master_keys');
  assert.deepEqual(rows, [{ version: 1 }]);
  await settle(house, 'Bob');
  const { rows: wrapped } = await database.admin('select distinct master_version as v from app.tenant_keys');
  assert.deepEqual(wrapped, [{ v: 1 }], 'a key that lies there and does not count wraps nothing');
  await copyFile(join(house.data, 'keys', 'master-2'), join(other, 'keys', 'master-2'));
  assert.equal((await rotateMaster(house.config, silent)).version, 2);
  for (const url of [house.url, far.url])
    assert.equal((await ask(url, ada.key, `/v1/artifacts/${ada.artifact}/content`)).text, ada.text);
});

test('a master key of a setting is not made by us: the operator adds one first', async (t) => {
  const database = await testDatabase();
  const data = await mkdtemp(join(tmpdir(), 'sallyport-set-'));
  t.after(async () => {
    await database.drop();
    await rm(data, { recursive: true, force: true });
  });
  const configOf = (keys: string) =>
    readConfig({
      env: {
        SALLYPORT_DATA: data,
        SALLYPORT_PORT: '0',
        DATABASE_URL: databaseUrl(database),
        SALLYPORT_ROLE_PREFIX: database.prefix,
        SALLYPORT_MASTER_KEY: keys,
      },
      flags: {},
    });
  const first = await serve(configOf(TEST_MASTER_KEY), silent);
  await first.close();
  await assert.rejects(rotateMaster(configOf(TEST_MASTER_KEY), silent), refused('no_new_key'));
  assert.equal((await rotateMaster(configOf(`${TEST_MASTER_KEY}\n${'0b'.repeat(32)}`), silent)).version, 2);
});

test('a tenant gets a new key while it is served; what is there stays readable, and its audit log says so', async (t) => {
  const database = await testDatabase();
  const house = await openFolderHouse(database);
  t.after(async () => {
    await house.clear();
    await database.drop();
  });
  const ada = await settle(house, 'Ada');
  const keys = () => database.admin(`select distinct key_id from app.artifacts where tenant_id = $1`, [ada.tenantId]);
  const before = (await keys()).rows.length;
  await rotateTenant(house.config, silent, ada.tenantId);
  const made = await ask(house.url, ada.key, '/v1/artifacts', {
    method: 'POST',
    headers: { 'content-type': 'text/plain', 'content-disposition': 'attachment; filename="new.txt"' },
    body: 'new',
  });
  assert.equal(made.status, 201, made.text);
  await until(async () => (await keys()).rows.length === before + 1);
  for (const [id, said] of [
    [ada.artifact, ada.text],
    [made.json.id, 'new'],
  ])
    assert.equal((await ask(house.url, ada.key, `/v1/artifacts/${id}/content`)).text, said);
  await until(async () =>
    (await ask(house.url, ada.key, '/v1/audit?action=tenant.key_rotated')).text.includes('tenant.key_rotated'),
  );
  await assert.rejects(
    rotateTenant(house.config, silent, '00000000-0000-7000-8000-000000000000'),
    refused('unknown_tenant'),
  );
});

test('links of the old key live out their hour beside those of the new one, and not longer', async (t) => {
  const database = await testDatabase();
  const house = await openFolderHouse(database);
  t.after(async () => {
    await house.clear();
    await database.drop();
  });
  const ada = await settle(house, 'Ada');
  const link = async (): Promise<string> =>
    (await post(house.url, ada.key, `/v1/artifacts/${ada.artifact}/signed-url`, { expires_in: 3_600 })).json.url;
  const open = async (url: string): Promise<number> =>
    (await fetch(new URL(new URL(url, house.url).pathname + new URL(url, house.url).search, house.url))).status;
  const old = await link();
  assert.equal(await open(old), 200);
  assert.deepEqual(await rotateLinks(house.config, silent), { version: 2 });
  const fresh = await link();
  assert.match(fresh, /[?&]kid=2&/);
  assert.deepEqual([await open(old), await open(fresh)], [200, 200]);
  // Two hours later, as the database has it.
  await database.admin(`update sys.instance set value = convert_to($1, 'UTF8') where name = 'links:2'`, [
    new Date(Date.now() - 2 * 3_600_000).toISOString(),
  ]);
  await until(async () => (await open(old)) === 404);
  assert.equal(await open(fresh), 200);
});

test('the passwords of the database are replaced while a node serves', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-password-'));
  // Root's database runs as another user, who must be able to enter.
  await chmod(folder, 0o755);
  const embedded = await startEmbedded({ dataDir: join(folder, 'cluster'), sharedDir: join(folder, 'shared') });
  const at = { host: embedded.socketDir, port: embedded.port };
  const admin = { ...at, user: embedded.superuser, database: 'postgres' };
  const query = async (statement: string): Promise<void> => {
    const client = new pg.Client(admin);
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await ensureDatabase(admin, 'sallyport');
  // The logins enter by password, as over a network; the owner by the operating system.
  const rules = 'local all pwtest_api,pwtest_worker,pwtest_ops scram-sha-256\n';
  const hba = join(embedded.cluster, 'pg_hba.conf');
  await writeFile(hba, rules + (await readFile(hba, 'utf8')));
  await query('select pg_reload_conf()');
  const config = readConfig({
    env: {
      SALLYPORT_DATA: join(folder, 'data'),
      SALLYPORT_PORT: '0',
      SALLYPORT_ROLE_PREFIX: 'pwtest',
      DATABASE_URL: `postgres://postgres:unused@localhost/sallyport?host=${encodeURIComponent(at.host)}&port=${at.port}`,
    },
    flags: {},
  });
  const served = await serve(config, silent);
  t.after(async () => {
    await served.close();
    await embedded.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const key = served.firstBoot?.apiKey ?? '';
  const alive = async (): Promise<number> => (await ask(served.url, key, '/v1/me')).status;
  assert.equal(await alive(), 200);
  await rotateDatabase(config, silent);
  // Every session of the node is cut off: it must come back by the new password, all parts of it.
  await query(`select pg_terminate_backend(pid) from pg_stat_activity where usename like 'pwtest%'`);
  await until(async () => (await alive()) === 200);
  await until(async () => (await ask(served.url, key, '/readyz')).status === 200);
  const house = { url: served.url, operator: (await readFile(join(folder, 'data', 'operator-key'), 'utf8')).trim() };
  await settle(house, 'Ada');
  const stale = createDatabase({
    connect: { ...at, user: 'pwtest_api', database: 'sallyport', password: 'not it' },
    prefix: 'pwtest',
    max: 1,
    onFault: () => undefined,
  });
  await assert.rejects(stale.ping(), 'the password counts');
  await stale.close();
});
