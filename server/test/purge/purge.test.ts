import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAuditExport, verifyAudit, verifyCertificate } from '@sallyport/chain';
import type { Certificate } from '@sallyport/contracts';
import { recordAct } from '../../src/audit/audit.ts';
import { createLocalBlobs, sealBlobs } from '../../src/blobs/blobs.ts';
import { createDatabase, sql } from '../../src/db/db.ts';
import { openSignals } from '../../src/events/events.ts';
import { firstBootOperator, parseKey, verifyKey } from '../../src/identity/identity.ts';
import { newId } from '../../src/ids.ts';
import { createLog } from '../../src/log.ts';
import {
  exportOperatorAudit,
  getPurge,
  type PurgeDeps,
  requestPurge,
  STORES,
  workPurges,
} from '../../src/purge/purge.ts';
import { keeperOf } from '../../src/worker/worker.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { gate } from '../db/parser-gate.ts';
import {
  beginRun,
  checksumOfFiles,
  checksums,
  type Furnished,
  filesThatHold,
  furnish,
  makeTenant,
  peppers,
  tablesThatHold,
} from './furnish.ts';
import type { PurgeProcessPlan } from './purge-process.ts';

/** What the operator keeps, by the certificate's own word. */
const KEPT = ['sys.operator_audit', 'sys.purges'];
/** Every step is killed before it begins, and those of many parts within, too. */
const POINTS = [
  'halt:before',
  'inventory:before',
  'inventory:within',
  'tombstones:before',
  'tombstones:within',
  'rows:before',
  'rows:within',
  'blobs:before',
  'blobs:within',
  'keys:before',
  'keys:within',
  'tenant:before',
  'scan:before',
  'scan:within',
  'certify:before',
] as const;

let database: TestDatabase;
let root: string;
const lines: string[] = [];
before(async () => {
  database = await testDatabase({ sealing: false });
  root = await mkdtemp(join(tmpdir(), 'sallyport-purge-'));
});
after(async () => {
  await database.drop();
  await rm(root, { recursive: true, force: true });
});

/** Nothing is sealed here: a mark is found wherever it stands, and its absence is not the work of a key. */
const blobs = () => sealBlobs(createLocalBlobs({ root }), { sealing: false });
const opsLogin = () => ({ ...database.connect.direct, user: `${database.prefix}_ops` });

async function withNode<T>(work: (deps: PurgeDeps) => Promise<T>, extra: Partial<PurgeDeps> = {}): Promise<T> {
  const connect = opsLogin();
  const purger = createDatabase({
    connect,
    prefix: database.prefix,
    onStatement: gate,
    max: 3,
    enter: 'purger',
    onFault: () => undefined,
  });
  try {
    return await work({
      purger,
      blobs: blobs(),
      logFiles: [],
      signingSeed: Buffer.alloc(32, 9),
      version: '0.1.0',
      signals: await openSignals(undefined, () => undefined),
      log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
      keeperOf,
      leaseMs: 1_000,
      ...extra,
    });
  } finally {
    await purger.close();
  }
}

const never = new AbortController().signal;

/** Works until the purge is done, as the chore does. */
async function finish(deps: PurgeDeps, id: string): Promise<Certificate> {
  for (;;) {
    await workPurges(deps, never);
    const { certificate } = await getPurge(database.api, id);
    if (certificate !== null) return certificate;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function foundNowhere(gone: Furnished): Promise<void> {
  assert.deepEqual(await tablesThatHold(database, gone.mark), []);
  assert.deepEqual(await tablesThatHold(database, gone.tenantId), KEPT);
  assert.deepEqual(await filesThatHold(root, gone.mark), []);
  assert.deepEqual(await filesThatHold(root, gone.tenantId), []);
}

function spawnNode(stopAt: string | undefined): ChildProcess {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./purge-process.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const plan: PurgeProcessPlan = {
    connect: opsLogin(),
    prefix: database.prefix,
    blobs: root,
    stopAt,
    leaseMs: 500,
  };
  child.stdin?.end(JSON.stringify(plan));
  return child;
}

async function killAt(point: string): Promise<void> {
  const child = spawnNode(point);
  const [said] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  assert.equal(said.toString().trim(), point);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

test('a purge of one of three tenants that is killed at each of its steps ends in a certificate; nothing of the tenant is found, and the others are as they were', async () => {
  const gone = await furnish(database, blobs(), 'gone');
  const others = [await furnish(database, blobs(), 'one'), await furnish(database, blobs(), 'two')];
  const seen = await tablesThatHold(database, gone.mark);
  for (const table of [
    'runs',
    'events',
    'artifacts',
    'entities',
    'api_keys',
    'users',
    'tenants',
    'idempotency',
    'budgets',
  ])
    assert.ok(seen.includes(`app.${table}`), `the search does not see the mark in ${table}: ${seen.join(' ')}`);
  assert.equal((await filesThatHold(root, gone.mark)).length, 4);
  await database.admin(
    "insert into app.identities (tenant_id, id, user_id, issuer, subject) select u.tenant_id, gen_random_uuid(), u.id, 'https://issuer.example', u.id::text from app.users u on conflict do nothing",
  );
  const sumsBefore = await Promise.all(others.map((other) => checksums(database, other.tenantId)));
  const filesBefore = await Promise.all(others.map((other) => checksumOfFiles(join(root, other.tenantId))));
  // A half of an upload that a killed process left.
  await writeFile(join(root, gone.tenantId, 'half.tmp'), gone.mark);

  const { id } = await requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
  const rows = await checksums(database, gone.tenantId);
  for (const point of POINTS) await killAt(point);
  const last = spawnNode(undefined);
  const [code] = (await once(last, 'exit')) as [number];
  assert.equal(code, 0);

  const { certificate, step } = await getPurge(database.api, id);
  assert.equal(step, 'done');
  assert.ok(certificate !== null);
  const verdict = verifyCertificate(JSON.stringify(certificate));
  assert.equal(verdict.ok, true, JSON.stringify(verdict));
  for (const name of STORES) {
    const found: number = certificate.stores.find((one) => one.name === name)?.found ?? -1;
    assert.equal(String(found), rows[`app.${name}`]?.split(' ')[0], name);
    assert.ok(found > 0, `the test has nothing in ${name}`);
  }
  assert.equal(certificate.stores.find((one) => one.name === 'blobs')?.found, 4);
  assert.equal(certificate.keys_destroyed.length, 2);
  assert.deepEqual(certificate.tombstones, { runs: 1, events: Number(rows['app.events']?.split(' ')[0]) });
  assert.ok(!JSON.stringify(certificate).includes(gone.mark));
  await foundNowhere(gone);
  assert.deepEqual(await Promise.all(others.map((other) => checksums(database, other.tenantId))), sumsBefore);
  assert.deepEqual(await Promise.all(others.map((other) => checksumOfFiles(join(root, other.tenantId)))), filesBefore);

  const chain = await parseAuditExport(exportOperatorAudit(database.api));
  const audit = await verifyAudit(chain);
  assert.equal(audit.ok, true, JSON.stringify(audit));
  assert.deepEqual(
    chain.records.map((record) => record.action),
    ['tenant.deletion_requested', 'tenant.tombstones', 'tenant.audit_tombstone', 'tenant.deleted'],
  );
});

test('the search finds what a purge without one of its steps leaves', async () => {
  const gone = await furnish(database, blobs(), 'left');
  await database.admin(`update app.tenants set state = 'deleting' where tenant_id = $1`, [gone.tenantId]);
  await database.admin('delete from app.events where tenant_id = $1', [gone.tenantId]);
  const left = await tablesThatHold(database, gone.mark);
  assert.ok(!left.includes('app.events') && left.includes('app.runs'));
  assert.equal((await filesThatHold(root, gone.mark)).length, 4);
});

test('the request closes the tenant at once: its key is refused, and a writer from before it is turned away at its next write', async () => {
  const gone = await makeTenant(database, 'closed');
  const run = await beginRun(database, gone.alice, gone.mark);
  const parsed = parseKey(gone.apiKey);
  assert.ok(parsed !== undefined);
  let request: Promise<unknown> | undefined;
  await assert.rejects(
    database.api.atomic(gone.alice, async (tx) => {
      // Holds nothing yet; what it writes after the closing is refused by the wall of its own transaction.
      await tx.rows(sql`select r.id from runs r where ${tx.mine('r')}`, () => null);
      request = requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
      await request;
      await tx.run(sql`update runs r set status = 'cancelled' where ${tx.mine('r')} and r.id = ${run}`);
    }),
    { code: 'tenant_closed' },
  );
  await request;
  await assert.rejects(beginRun(database, gone.alice, gone.mark), { code: 'tenant_closed' });
  const verdict = await verifyKey(database.api, peppers, parsed, Date.now());
  assert.deepEqual([verdict.ok, !verdict.ok && verdict.reason], [false, 'tenant_inactive']);
  const { id } = await requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
  await withNode((deps) => finish(deps, id));
});

test('a write that began before the closing is waited for: no row of the tenant commits after the runs were halted', async () => {
  const gone = await makeTenant(database, 'late');
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let wrote = (): void => undefined;
  const inside = new Promise<void>((resolve) => {
    wrote = resolve;
  });
  const writer = database.api.atomic(gone.alice, async (tx) => {
    await recordAct(tx, { action: 'audit.exported' });
    wrote();
    await held;
  });
  await inside;
  const { id } = await requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
  const certificate = withNode((deps) => finish(deps, id));
  // The purge stands at the lock of the writer.
  for (;;) {
    const { rows } = await database.admin(
      `select 1 from pg_locks l where l.locktype = 'advisory' and l.classid = 21012 and not l.granted`,
    );
    if (rows.length > 0) break;
  }
  assert.equal((await getPurge(database.api, id)).step, 'halt');
  release();
  await writer;
  // Made with the tenant: its record, its key's; and the writer's.
  assert.equal((await certificate).stores.find((store) => store.name === 'audit')?.found, 3);
  assert.deepEqual(await tablesThatHold(database, gone.tenantId), KEPT);
});

test('two nodes that purge at once end in one certificate', async () => {
  const gone = await furnish(database, blobs(), 'twice');
  const { id } = await requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
  // Leases so short that each node takes the purge from the other again and again.
  const ends = await Promise.all([
    withNode((deps) => finish(deps, id), { leaseMs: 5 }),
    withNode((deps) => finish(deps, id), { leaseMs: 5 }),
  ]);
  assert.deepEqual(ends[0], ends[1]);
  await foundNowhere(gone);
  const { records } = await parseAuditExport(exportOperatorAudit(database.api));
  assert.equal(records.filter((record) => record.detail.tenant_id === gone.tenantId).length, 4);
});

test('the name must be typed, a missing tenant is a missing thing, and a second request is the same purge', async () => {
  const gone = await makeTenant(database, 'asked');
  const operator = firstBootOperator();
  await assert.rejects(requestPurge(database.api, operator, gone.tenantId, 'another'), { code: 'invalid_input' });
  await assert.rejects(requestPurge(database.api, operator, newId(), 'another'), { code: 'not_found' });
  const { rows } = await database.admin('select state from app.tenants where tenant_id = $1', [gone.tenantId]);
  assert.deepEqual(rows, [{ state: 'active' }]);
  const first = await requestPurge(database.api, operator, gone.tenantId, gone.name);
  const again = await requestPurge(database.api, operator, gone.tenantId, gone.name);
  assert.equal(first.id, again.id);
  await withNode((deps) => finish(deps, first.id));
  assert.equal((await requestPurge(database.api, operator, gone.tenantId, gone.name)).id, first.id);
});

test('a line of the log of the database that names the tenant is found and goes', async () => {
  const gone = await makeTenant(database, 'logged');
  const file = join(root, 'postgres.log');
  await writeFile(file, `ERROR: something about ${gone.tenantId}\n`);
  const { id } = await requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
  const certificate = await withNode((deps) => finish(deps, id), { logFiles: [file] });
  assert.equal(certificate.rescans, 1);
  assert.deepEqual(await filesThatHold(root, gone.tenantId), []);
});

test('no line of our own log holds a mark', () => {
  assert.ok(lines.some((line) => line.includes('"purge.done"')));
  assert.deepEqual(
    lines.filter((line) => line.includes('MARK-')),
    [],
  );
});

test('a certificate with one changed byte is refused', async () => {
  const gone = await makeTenant(database, 'signed');
  const { id } = await requestPurge(database.api, firstBootOperator(), gone.tenantId, gone.name);
  const certificate = await withNode((deps) => finish(deps, id));
  assert.equal(verifyCertificate(JSON.stringify(certificate)).ok, true);
  const forged = { ...certificate, rescans: certificate.rescans + 1 };
  assert.deepEqual(verifyCertificate(JSON.stringify(forged)).ok, false);
  assert.throws(() => verifyCertificate('{"sallyport_certificate":2}'), { code: 'bad_export' });
});
