// S16: one file of a serving installation, restored elsewhere: everything opens, everything verifies, nothing is done twice.
import assert from 'node:assert/strict';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAuditExport, parseExport, verifyAudit, verifyChain } from '@sallyport/chain';
import { BackupError, backUp, readBackup, restore } from '../../src/backup/backup.ts';
import { HEAD, SEAL } from '../../src/backup/contents.ts';
import { readArchive } from '../../src/backup/read-archive.ts';
import { createArchiveWriter } from '../../src/backup/write-archive.ts';
import { readConfig, serve } from '../../src/main.ts';
import { TEST_MASTER_KEY, type TestDatabase, testDatabase } from '../database.ts';
import { databaseUrl } from '../node.ts';
import { type Site, serveSite } from '../workbench.ts';
import {
  ask,
  beginSlowRun,
  emptyPlace,
  type House,
  openHouse,
  post,
  type Resident,
  settle,
  silent,
  sumsOf,
  until,
} from './house.ts';

let database: TestDatabase;
let house: House;
let site: Site;
let asked = 0;
let folder: string;
let ada: Resident;
let bob: Resident;

before(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-backup-'));
  site = await serveSite(() => {
    asked++;
  });
  house = await openHouse(database, { SALLYPORT_EGRESS_ALLOW: `127.0.0.1/32:${site.port}` });
  ada = await settle(house, 'Ada');
  bob = await settle(house, 'Bob');
});
after(async () => {
  await house?.clear();
  await site?.close();
  await database?.drop();
  await rm(folder, { recursive: true, force: true });
});

const configOf = (data: string, env: Record<string, string> = {}) =>
  readConfig({
    env: {
      SALLYPORT_DATA: data,
      SALLYPORT_PORT: '0',
      DATABASE_URL: databaseUrl(database),
      SALLYPORT_ROLE_PREFIX: database.prefix,
      SALLYPORT_MASTER_KEY: TEST_MASTER_KEY,
      ...env,
    },
    flags: {},
  });
const make = (name: string, options = { withMasterKey: false }) =>
  backUp(configOf(house.node.data), silent, join(folder, name), options);

async function auditVerifies(url: string, key: string, path: string): Promise<boolean> {
  const { text } = await ask(url, key, path);
  return (await verifyAudit(await parseAuditExport(text.split('\n')))).ok;
}

const code = (wanted: string) => (error: unknown) => {
  assert.ok(error instanceof BackupError, String(error));
  assert.equal(error.code, wanted, error.message);
  return true;
};

test('a backup of a serving installation, restored elsewhere, opens and verifies for every tenant', async (t) => {
  const slow = await beginSlowRun(house, ada.key, `${site.url}/never`);
  // From here on it stands still: its effect has begun, and no answer comes.
  await until(async () => asked > 0);
  const file = join(folder, 'whole.tar');
  const made = await make('whole.tar');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal(made.head.tenants, 3);
  assert.equal(made.end.missing, 0);
  const place = await emptyPlace(database);
  t.after(() => place.clear());
  const before = await sumsOf(async (text, values) => (await database.admin(text, values)).rows);
  const restored = await restore(place.config, silent, file, { resumeRuns: false });
  assert.deepEqual([restored.cancelled, restored.deleted], [1, []]);
  const sums = await sumsOf(place.admin);
  // What a restore or the passing time changes by right; everything else is what it was, to the byte.
  const moved = [
    'app.audit',
    'app.audit_chain',
    'app.audit_unsealed',
    'app.events',
    'app.runs',
    'app.usage',
    'app.reservations',
  ];
  const own = [
    'app.sessions',
    'sys.setup_links',
    'sys.operator_audit',
    'sys.workers',
    'sys.key_holders',
    'app.api_keys',
  ];
  for (const [name, sum] of Object.entries(before))
    if (![...moved, ...own].includes(name)) assert.equal(sums[name], sum, name);

  const served = await serve(place.config, silent);
  t.after(() => served.close());
  assert.equal(served.firstBoot, undefined, 'it is the same installation');
  for (const { key, artifact, text, run, tenantId } of [ada, bob]) {
    assert.equal((await ask(served.url, key, `/v1/artifacts/${artifact}/content`)).text, text);
    const log = await ask(served.url, key, `/v1/runs/${run}/export`);
    assert.equal((await verifyChain(await parseExport(log.text.split('\n')))).ok, true);
    const made = await ask(served.url, key, `/v1/runs/${run}/artifacts`);
    assert.ok(made.json.data.length > 0);
    for (const one of made.json.data)
      assert.equal((await ask(served.url, key, `/v1/artifacts/${one.id}/content`)).status, 200);
    const entities = await ask(served.url, key, `/v1/runs/${run}/entities`);
    assert.ok(entities.json.data.length > 0 && entities.json.data[0].tenant_id === tenantId);
    await until(() => auditVerifies(served.url, key, '/v1/audit/export'));
  }
  assert.equal((await ask(served.url, ada.key, `/v1/artifacts/${bob.artifact}`)).status, 404, 'the wall stands');
  const stopped = await ask(served.url, ada.key, `/v1/runs/${slow}`);
  assert.equal(stopped.json.status, 'cancelled', 'what it may have done since is not done again');
  const operator = (await readFile(join(place.data, 'operator-key'), 'utf8')).trim();
  assert.equal(operator, house.operator);
  const chain = await ask(served.url, operator, '/v1/operator/audit/export');
  assert.equal(await auditVerifies(served.url, operator, '/v1/operator/audit/export'), true);
  assert.match(chain.text, /installation\.restored/);
  const source = await ask(house.url, house.operator, '/v1/operator/audit/export');
  assert.match(source.text, new RegExp(`installation\\.backed_up.*${made.digest}`));
  await settle({ url: served.url, operator }, 'Cleo');
  await post(house.url, ada.key, `/v1/runs/${slow}/cancel`, {});
});

test('every table of the catalogue is in a backup, or is known to be of the running nodes only', async () => {
  const { head } = await make('tables.tar');
  const { rows } = await database.admin(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname in ('app', 'sys') and c.relkind in ('r', 'p') order by 1`,
  );
  const kept = head.tables.map(({ name }) => name);
  const lacking = rows.map(({ name }) => String(name)).filter((name) => !kept.includes(name));
  assert.deepEqual(lacking, ['sys.key_holders', 'sys.rates', 'sys.workers']);
});

test('no secret and no text of a tenant stands in a backup in clear, unless the master key was asked for', async () => {
  await make('plain.tar');
  const bytes = await readFile(join(folder, 'plain.tar'));
  for (const secret of [TEST_MASTER_KEY, house.operator, ada.key, bob.key, ada.text, 'papers.txt'])
    assert.equal(bytes.includes(secret), false, 'a secret in clear');
  const pepper = (await readFile(join(house.node.data, 'keys', 'pepper-1'), 'utf8')).trim();
  assert.equal(bytes.includes(pepper), false);
  const { masterSecrets, head } = await readBackup(join(folder, 'plain.tar'));
  assert.equal(masterSecrets, undefined);
  assert.match(head.lacks.join('\n'), /the master key/);
  const open = await make('open.tar', { withMasterKey: true });
  assert.match(open.head.holds.join('\n'), /THE MASTER KEY IN CLEAR/);
  assert.ok((await readFile(join(folder, 'open.tar'))).includes(TEST_MASTER_KEY));
});

test('a backup replaces no file', async () => {
  await writeFile(join(folder, 'taken.tar'), 'mine');
  await assert.rejects(make('taken.tar'), code('file_exists'));
  assert.equal(await readFile(join(folder, 'taken.tar'), 'utf8'), 'mine');
});

test('a backup that is cut, changed or foreign is refused before anything is written', async (t) => {
  await make('good.tar');
  const good = await readFile(join(folder, 'good.tar'));
  const place = await emptyPlace(database);
  t.after(() => place.clear());
  const refused = async (bytes: Uint8Array, wanted: string, env: Record<string, string> = {}): Promise<void> => {
    const file = join(folder, 'bad.tar');
    await writeFile(file, bytes);
    const config = readConfig({ env: { ...place.environment, ...env }, flags: {} });
    await assert.rejects(restore(config, silent, file, { resumeRuns: false }), code(wanted));
    assert.deepEqual(
      await place.admin(`select nspname from pg_namespace where nspname in ('app', 'sys', 'sallyport_meta')`),
      [],
    );
  };
  await refused(Buffer.from('no backup at all'), 'backup_truncated');
  await refused(Buffer.alloc(4_096, 'x'), 'not_a_backup');
  for (const share of [0.1, 0.5, 0.9])
    await refused(good.subarray(0, Math.floor(good.length * share)), 'backup_truncated');
  await refused(good.subarray(0, good.length - 1), 'backup_truncated');
  await refused(Buffer.concat([good, Buffer.alloc(1)]), 'backup_damaged');
  // One bit anywhere: in the middle of a table, of bytes, of a head, of a list.
  for (let count = 0; count < 40; count++) {
    const bytes = Buffer.from(good);
    const at = Math.floor((bytes.length - 1_025) * (count / 40)) + (count % 7);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const file = join(folder, 'bit.tar');
    await writeFile(file, bytes);
    await assert.rejects(restore(place.config, silent, file, { resumeRuns: false }), (error: unknown) => {
      assert.ok(error instanceof BackupError, `bit ${at}: ${String(error)}`);
      return true;
    });
  }
  await refused(good, 'backup_key', { SALLYPORT_MASTER_KEY: '0a'.repeat(32) });
  const without = { ...place.environment };
  delete (without as Record<string, string>).SALLYPORT_MASTER_KEY;
  await writeFile(join(folder, 'bad.tar'), good);
  const keyless = readConfig({ env: without, flags: {} });
  await assert.rejects(restore(keyless, silent, join(folder, 'bad.tar'), { resumeRuns: false }), code('backup_key'));
});

test('whoever alters a backup and writes all its digests anew is refused: the seal needs the master key', async (t) => {
  await make('sealed.tar');
  const { seal } = await readBackup(join(folder, 'sealed.tar'));
  const forged = join(folder, 'forged.tar');
  const handle = await open(forged, 'w');
  const writer = createArchiveWriter(handle, 0);
  let altered = 0;
  for await (const member of readArchive(join(folder, 'sealed.tar'), HEAD, SEAL, () => undefined)) {
    const bytes = Buffer.concat(await Array.fromAsync(member.content));
    if (member.name.startsWith('tables/app.users/')) {
      altered = bytes.indexOf('\tmember\t') === -1 ? bytes.indexOf('owner') : bytes.indexOf('member');
      bytes[altered] = (bytes[altered] ?? 0) ^ 1;
    }
    await writer.add(member.name, bytes);
  }
  assert.ok(altered > 0);
  const digest = await writer.closeLists();
  await writer.finish(SEAL, JSON.stringify({ ...seal, digest }));
  await handle.close();
  assert.notEqual((await readBackup(forged)).seal.digest, seal.digest, 'its digests are all right');
  const place = await emptyPlace(database);
  t.after(() => place.clear());
  await assert.rejects(restore(place.config, silent, forged, { resumeRuns: false }), code('backup_damaged'));
});

test('a target that holds anything is refused, and stays what it was', async (t) => {
  await make('again.tar');
  const other = await testDatabase();
  t.after(() => other.drop());
  const env = { ...configEnvironment(join(folder, 'fresh')), DATABASE_URL: databaseUrl(other) };
  await assert.rejects(
    restore(readConfig({ env, flags: {} }), silent, join(folder, 'again.tar'), { resumeRuns: false }),
    code('target_taken'),
  );
  const place = await emptyPlace(database, { SALLYPORT_DATA: house.node.data });
  t.after(() => place.clear());
  await assert.rejects(
    restore(place.config, silent, join(folder, 'again.tar'), { resumeRuns: false }),
    code('target_taken'),
  );
  assert.equal((await ask(house.url, ada.key, `/v1/artifacts/${ada.artifact}/content`)).text, ada.text);
});

const configEnvironment = (data: string): Record<string, string> => ({
  SALLYPORT_DATA: data,
  SALLYPORT_PORT: '0',
  SALLYPORT_ROLE_PREFIX: database.prefix,
  SALLYPORT_MASTER_KEY: TEST_MASTER_KEY,
});
