import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseExport, verifyChain } from '@sallyport/chain';
import { SCOPES } from '@sallyport/contracts';
import { holdAdvisoryLock, type Row, sql } from '../../src/db/db.ts';
import { Fault } from '../../src/errors.ts';
import { exportRun, listEvents } from '../../src/events/events.ts';
import {
  claimSetupToken,
  createFirstTenant,
  createPeppers,
  createSetupToken,
  createTenant,
  firstBootOperator,
  generateKey,
  type NewTenant,
  parseKey,
  recordFirstBoot,
  revokeKey,
  standingFirstTenant,
  useOperatorKey,
  verifyKey,
  verifyOperator,
} from '../../src/identity/identity.ts';
import { asId, type KeyId, newId, type RunId, type TenantId, type WorkerId } from '../../src/ids.ts';
import { type KeyPrincipal, mintPrincipal, type UserPrincipal } from '../../src/principal.ts';
import { cancelRun, createRun, findRun, finishRun, getRun, listRuns, startRun } from '../../src/runs/runs.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

const peppers = createPeppers(new Map([[1, Buffer.alloc(32, 7)]]));
let database: TestDatabase;
let tenantA: NewTenant;
let tenantB: NewTenant;
let alice: KeyPrincipal;
let bob: KeyPrincipal;

async function enter(tenant: NewTenant): Promise<KeyPrincipal> {
  const parsed = parseKey(tenant.api_key);
  assert.ok(parsed !== undefined);
  const verdict = await verifyKey(database.api, peppers, parsed, Date.now());
  assert.ok(verdict.ok);
  return verdict.principal;
}

before(async () => {
  database = await testDatabase();
  tenantA = await createTenant(database.api, peppers, firstBootOperator(), 'A');
  tenantB = await createTenant(database.api, peppers, firstBootOperator(), 'B');
  alice = await enter(tenantA);
  bob = await enter(tenantB);
});
after(() => database.drop());

const wanted = {
  skill: { name: 'web-digest', version: '1.0.0', digest: 'ab'.repeat(32) },
  model: 'rehearsal',
  task: 'Read it.',
  input: { urls: ['http://example.com/'] },
  grant: { tools: [], hosts: [], urls: [], artifacts: [], entityTypes: [] },
  budget: { tokens: 1000, cost: '1.00', seconds: 60, calls: 10 },
};
const create = (who: UserPrincipal): Promise<RunId> => database.api.atomic(who, (tx) => createRun(tx, who, wanted));
const isFault =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof Fault && error.code === code;

async function openWorker(): Promise<{
  id: WorkerId;
  claim(): Promise<{ tenantId: TenantId; runId: RunId; epoch: bigint; stalls: number }[]>;
  die(): Promise<void>;
}> {
  const id = newId<WorkerId>();
  const [number] = await database.worker.system('register_worker', [id, 'test', 15_000], (row: Row) =>
    row.int('number'),
  );
  const lock = await holdAdvisoryLock(database.connect.worker, { class: 21_009, object: number ?? 0 }, () => undefined);
  return {
    id,
    claim: () =>
      database.worker.system('claim_runs', [id, 10], (row: Row) => ({
        tenantId: asId(row.text('tenant_id')),
        runId: asId(row.text('run_id')),
        epoch: row.bigint('epoch'),
        stalls: row.int('stalls'),
      })),
    die: () => lock.release(),
  };
}

test('a run is claimed, started and finished; its chain verifies offline', async () => {
  const id = await create(alice);
  const worker = await openWorker();
  const claimed = (await worker.claim()).find((claim) => claim.runId === id);
  assert.ok(claimed !== undefined);
  const principal = mintPrincipal({ kind: 'run', tenantId: claimed.tenantId, runId: id, epoch: claimed.epoch });
  await database.worker.atomic(principal, (tx) => startRun(tx, id, worker.id, claimed.epoch));
  await database.worker.atomic(principal, (tx) =>
    finishRun(tx, id, claimed.epoch, { status: 'succeeded', outcome: 'Done.', artifactIds: [] }),
  );
  const scope = database.api.tenant(alice);
  const run = await getRun(scope, id);
  assert.deepEqual([run.status, run.result?.outcome, run.last_seq], ['succeeded', 'Done.', 2]);
  const events = await listEvents(scope, id, -1, 100);
  assert.deepEqual(
    events.map((event) => event.type),
    ['run.created', 'run.started', 'run.succeeded'],
  );
  const record = await findRun(scope, id);
  assert.ok(record !== undefined);
  const lines: string[] = [];
  for await (const line of exportRun(scope, record)) lines.push(line);
  const verdict = await verifyChain(await parseExport(lines));
  assert.deepEqual([verdict.ok, verdict.ok && verdict.count], [true, 3]);
  await worker.die();
});

test("another tenant's run is a missing thing on every call", async () => {
  const id = await create(alice);
  const scope = database.api.tenant(bob);
  await assert.rejects(getRun(scope, id), isFault('not_found'));
  assert.equal(await findRun(scope, id), undefined);
  assert.deepEqual(await listEvents(scope, id, -1, 10), []);
  assert.deepEqual(
    (await listRuns(scope, { limit: 50 })).filter((run) => run.id === id),
    [],
  );
  await assert.rejects(
    database.api.atomic(bob, (tx) => cancelRun(tx, id, 'bob')),
    isFault('not_found'),
  );
});

test('a dead worker loses its runs at once, and its late writes are refused', async () => {
  const id = await create(alice);
  const first = await openWorker();
  const one = (await first.claim()).find((claim) => claim.runId === id);
  assert.ok(one !== undefined);
  const second = await openWorker();
  assert.equal(
    (await second.claim()).find((claim) => claim.runId === id),
    undefined,
    'a live worker keeps its run',
  );
  await first.die();
  let two: typeof one | undefined;
  while (two === undefined) two = (await second.claim()).find((claim) => claim.runId === id);
  assert.deepEqual([two.epoch, two.stalls], [one.epoch + 1n, 1]);
  const late = mintPrincipal({ kind: 'run', tenantId: one.tenantId, runId: id, epoch: one.epoch });
  await assert.rejects(
    database.worker.atomic(late, (tx) => startRun(tx, id, first.id, one.epoch)),
    isFault('stale_epoch'),
  );
  await second.die();
});

test('cancel and finish race: exactly one wins, and the chain holds one end', async () => {
  const worker = await openWorker();
  for (let round = 0; round < 20; round++) {
    const id = await create(alice);
    const claim = (await worker.claim()).find((one) => one.runId === id);
    assert.ok(claim !== undefined);
    const principal = mintPrincipal({ kind: 'run', tenantId: claim.tenantId, runId: id, epoch: claim.epoch });
    const [cancel, finish] = await Promise.allSettled([
      database.api.atomic(alice, (tx) => cancelRun(tx, id, 'alice')),
      database.worker.atomic(principal, (tx) =>
        finishRun(tx, id, claim.epoch, { status: 'succeeded', outcome: '', artifactIds: [] }),
      ),
    ]);
    const cancelled = cancel.status === 'fulfilled' && cancel.value.cancelled;
    assert.notEqual(cancelled, finish.status === 'fulfilled', `round ${round}`);
    const ends = (await listEvents(database.api.tenant(alice), id, -1, 10)).filter((event) =>
      /succeeded|cancelled/.test(event.type),
    );
    assert.equal(ends.length, 1);
  }
  await worker.die();
});

test('keys are refused alike; a revoked one stops; the dump holds no secret', async () => {
  const parsed = parseKey(tenantB.api_key);
  assert.ok(parsed !== undefined);
  const now = Date.now();
  const reason = async (key: typeof parsed, at = now): Promise<string> => {
    const verdict = await verifyKey(database.api, peppers, key, at);
    return verdict.ok ? 'ok' : verdict.reason;
  };
  assert.equal(await reason(parsed), 'ok');
  assert.equal(await reason({ ...parsed, secret: 'x'.repeat(43) }), 'bad_secret');
  assert.equal(await reason({ ...parsed, keyId: 'x'.repeat(22) }), 'unknown_key');
  assert.equal(await reason({ ...parsed, env: 'test' }), 'wrong_env');
  assert.equal(await reason(parsed, now + 400 * 86_400_000), 'expired');
  const rows = await database.admin('select k::text as row from app.api_keys k');
  assert.ok(rows.rows.every((row) => !String(row.row).includes(parsed.secret)));
  await database.api.atomic(bob, (tx) => revokeKey(tx, asId<KeyId>(bob.keyId)));
  assert.equal(await reason(parsed), 'revoked');
  await assert.rejects(
    database.api.atomic(alice, (tx) => revokeKey(tx, asId<KeyId>(bob.keyId))),
    isFault('not_found'),
  );
});

test('a garbled key is refused without any lookup', () => {
  const key = tenantA.api_key;
  assert.ok(parseKey(key) !== undefined);
  for (const bad of [
    '',
    'x',
    key.slice(0, -1),
    `${key}x`,
    key.replace('live', 'test'),
    key.slice(0, 30) + (key[30] === 'a' ? 'b' : 'a') + key.slice(31),
  ])
    assert.equal(parseKey(bad), undefined, bad.slice(0, 8));
});

test('fifty claims of the one-time link give one owner', async () => {
  const token = await createSetupToken(database.api, tenantA.tenant_id, tenantA.user_id);
  const claims = await Promise.allSettled(Array.from({ length: 50 }, () => claimSetupToken(database.api, token)));
  assert.equal(claims.filter((claim) => claim.status === 'fulfilled').length, 1);
  assert.ok(claims.every((claim) => claim.status === 'fulfilled' || isFault('not_found')(claim.reason)));
});

test('the operator key is made once, survives a start that was killed before the database knew it, and opens no tenant', async () => {
  const kept: string[] = [];
  const half = generateKey('op').text;
  const text = await useOperatorKey(database.api, peppers, half, (made) => kept.push(made));
  assert.deepEqual([text, kept], [half, []], 'the key of the file becomes the key of the database');
  assert.equal(await useOperatorKey(database.api, peppers, half, (made) => kept.push(made)), half);
  assert.equal(await useOperatorKey(database.api, peppers, undefined, (made) => kept.push(made)), undefined);
  assert.deepEqual(kept, []);
  const parsed = parseKey(half);
  assert.ok(parsed !== undefined);
  assert.equal((await verifyOperator(database.api, peppers, parsed))?.kind, 'operator');
  assert.equal(await verifyOperator(database.api, peppers, { ...parsed, secret: 'x'.repeat(43) }), undefined);
  const verdict = await verifyKey(database.api, peppers, parsed, Date.now());
  assert.equal(verdict.ok, false);
});

test('many first boots at once make one tenant', async () => {
  const boots = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const plan = await standingFirstTenant(database.api);
      await createFirstTenant(database.api, peppers, plan);
      await recordFirstBoot(database.api, plan);
      return plan.tenantId;
    }),
  );
  assert.equal(new Set(boots).size, 1);
  assert.equal((await standingFirstTenant(database.api)).done, true);
});

test('a worker that holds no lock claims nothing', async () => {
  await create(alice);
  const id = newId<WorkerId>();
  await database.worker.system('register_worker', [id, 'test', 15_000], () => null);
  assert.deepEqual(await database.worker.system('claim_runs', [id, 10], () => 1), []);
});

test('the claim is fair between tenants', async () => {
  assert.ok(SCOPES.length > 0);
  const carol = await enter(await createTenant(database.api, peppers, firstBootOperator(), 'C'));
  for (let count = 0; count < 30; count++) await create(alice);
  const late = await create(carol);
  const worker = await openWorker();
  assert.ok(
    (await worker.claim()).some((claim) => claim.runId === late),
    'a tenant with one run is not behind thirty of another',
  );
  await worker.die();
  const scope = database.api.tenant(alice);
  assert.ok(
    (
      await scope.rows(sql`select r.id from runs r where ${scope.mine('r')} and r.status = 'queued'`, (row) =>
        row.text('id'),
      )
    ).length > 0,
  );
});
