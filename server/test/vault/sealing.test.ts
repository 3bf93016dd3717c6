// Sealed columns against somebody who holds the tables: what is moved, changed or left of a destroyed key does not open.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Database, type Row, sql, sqlState, type TenantScope } from '../../src/db/db.ts';
import { Fault, type FaultCode } from '../../src/errors.ts';
import { listEvents } from '../../src/events/events.ts';
import type { RunId } from '../../src/ids.ts';
import type { UserPrincipal } from '../../src/principal.ts';
import { createRun, getRun, listRuns } from '../../src/runs/runs.ts';
import { type TestDatabase, testDatabase, testVault } from '../database.ts';
import { gate } from '../db/parser-gate.ts';
import { enterNewTenant } from './tenants.ts';

let database: TestDatabase;
let alice: UserPrincipal;
let bob: UserPrincipal;
let scope: TenantScope;
before(async () => {
  database = await testDatabase();
  alice = await enterNewTenant(database, 'A');
  bob = await enterNewTenant(database, 'B');
  scope = database.api.tenant(alice);
});
after(() => database.drop());

function makeRun(principal: UserPrincipal, task: string, db: Database = database.api): Promise<RunId> {
  return db.atomic(principal, (tx) =>
    createRun(tx, principal, {
      skill: { name: 'web-digest', version: '1.0.0', digest: 'ab'.repeat(32) },
      model: 'rehearsal',
      task,
      input: { urls: ['http://example.com/'] },
      grant: { tools: [], hosts: [], urls: [], artifacts: [], entityTypes: [] },
      budget: { tokens: 1000, cost: '1.00', seconds: 60, calls: 10 },
    }),
  );
}

const failsWith =
  (code: FaultCode) =>
  (error: unknown): boolean =>
    error instanceof Fault && error.code === code;

test('what is sealed opens at its place, and a list opens nothing', async () => {
  const id = await makeRun(alice, 'Read it.');
  const run = await getRun(scope, id);
  assert.deepEqual([run.task, run.input.urls], ['Read it.', ['http://example.com/']]);
  const { rows } = await database.admin('select task, key_id from app.runs where id = $1', [id]);
  assert.ok(!Buffer.from(rows[0]?.task as Uint8Array).includes('Read it.'));
  await database.admin(`update app.runs set task = 'garbage' where id = $1`, [id]);
  assert.ok((await listRuns(scope, { limit: 10 })).some((one) => one.id === id));
  await assert.rejects(getRun(scope, id), failsWith('tampered'));
});

test('a ciphertext that is moved to another row, column, run or tenant does not open', async () => {
  const [one, other, foreign] = [await makeRun(alice, 'one'), await makeRun(alice, 'two'), await makeRun(bob, 'three')];
  const move = async (set: string, from: RunId, to: RunId): Promise<unknown> =>
    database.admin(`update app.runs t set ${set} from app.runs f where f.id = $1 and t.id = $2`, [from, to]);
  await move('task = f.task', one, other);
  await assert.rejects(getRun(scope, other), failsWith('tampered'), 'another row');
  await move('input = f.task', one, one);
  await assert.rejects(getRun(scope, one), failsWith('tampered'), 'another column');
  await move('task = f.task', other, foreign);
  await assert.rejects(getRun(database.api.tenant(bob), foreign), failsWith('tampered'), 'another tenant');
  await move('key_id = f.key_id', other, foreign);
  await assert.rejects(getRun(database.api.tenant(bob), foreign), failsWith('sealed_away'), 'with its key id');
});

test('the payload of one event does not open as the payload of another', async () => {
  const [one, other] = [await makeRun(alice, 'one'), await makeRun(alice, 'two')];
  await database.admin(
    'update app.events t set data = f.data from app.events f where f.run_id = $1 and t.run_id = $2',
    [one, other],
  );
  assert.equal((await listEvents(scope, one, -1, 10)).length, 1);
  await assert.rejects(listEvents(scope, other, -1, 10), failsWith('tampered'));
});

test('a sealed row is never read as it is, whatever its key id says', async () => {
  const id = await makeRun(alice, 'Read it.');
  for (const keyId of ['none', '', '01890000-0000-7000-8000-000000000001']) {
    await database.admin(`update app.runs set task = 'plain', key_id = $2 where id = $1`, [id, keyId]);
    await assert.rejects(getRun(scope, id), failsWith('sealed_away'), keyId);
  }
});

test('a row from before the vault is read; the table takes no new one, and the gate no value that was not sealed', async () => {
  const id = await makeRun(alice, 'new');
  await assert.rejects(
    database.admin('update app.runs set key_id = null where id = $1', [id]),
    (error: unknown) => (error as { code?: string }).code === '23514',
  );
  await database.admin('alter table app.runs drop constraint runs_sealed');
  await database.admin(`update app.runs set task = 'from before', input = '{"urls":[]}', key_id = null where id = $1`, [
    id,
  ]);
  assert.equal((await getRun(scope, id)).task, 'from before');
  const unsealed: readonly [string, number[]][] = [
    ['insert into runs (tenant_id, id, task) values ($1, $2, $3)', [3]],
    ['update runs set task = $2 where tenant_id = $1', [2]],
    [`update runs set task = 'x' where tenant_id = $1`, []],
    ['insert into events (tenant_id, data) select $1, e.data from unnest($2::bytea[]) as e(data)', [2]],
    ['insert into runs (tenant_id, task) values ($1, $2) on conflict (tenant_id) do update set task = $3', [2]],
  ];
  for (const [text, numbers] of unsealed) {
    const tenantParameters = [1];
    assert.throws(() => gate({ text, tenantParameters }), assert.AssertionError, text);
    // Sealed for another column is not sealed for this one.
    const sealedParameters = new Map(numbers.map((number) => [number, 'entities.attributes']));
    assert.throws(() => gate({ text, tenantParameters, sealedParameters }), assert.AssertionError, text);
  }
  gate({
    text: 'insert into events (tenant_id, data) select $1, e.data from unnest($2::bytea[]) as e(data)',
    tenantParameters: [1],
    sealedParameters: new Map([[2, 'events.data']]),
  });
});

test('a key that was made in a transaction that failed is kept: what others sealed under it opens', async () => {
  const carol = await enterNewTenant(database, 'C');
  const made = database.api.atomic(carol, async (tx) => {
    await tx.content();
    throw new Error('rolled back');
  });
  await assert.rejects(made, /rolled back/);
  const id = await makeRun(carol, 'after');
  const fresh = await testVault();
  assert.equal(
    await fresh.keyring(database.api.tenant(carol), database.api.tenant(carol)).then((keys) => keys.keyId),
    await keyOf(id),
  );
});

const keyOf = async (id: RunId): Promise<unknown> =>
  (await database.admin('select key_id from app.runs where id = $1', [id])).rows[0]?.key_id;

test('of many that seal for a tenant for the first time at once, in two processes, one makes its keys', async () => {
  const dave = await enterNewTenant(database, 'D');
  await database.admin('delete from app.tenant_keys where tenant_id = $1', [dave.tenantId]);
  const vaults = await Promise.all(Array.from({ length: 6 }, () => testVault()));
  const own = database.api.tenant(dave);
  const rings = await Promise.all(vaults.map((vault) => vault.keyring(own, own)));
  assert.equal(new Set(rings.map((ring) => ring.keyId)).size, 1);
  const { rows } = await database.admin('select purpose from app.tenant_keys where tenant_id = $1 order by 1', [
    dave.tenantId,
  ]);
  assert.deepEqual(rows, [{ purpose: 'content' }, { purpose: 'index' }]);
});

test('digests of equal values differ between tenants and between uses', async () => {
  const [a, b] = [await scope.content(), await database.api.tenant(bob).content()];
  const digests = [a.digest('entity', 'x'), a.digest('request', 'x'), b.digest('entity', 'x')];
  assert.equal(new Set(digests.map((one) => Buffer.from(one).toString('hex'))).size, 3);
  assert.deepEqual(a.digest('entity', 'x'), a.digest('entity', 'x'));
});

test('a tenant reads no key of another, and no login makes a master key its own', async () => {
  const read = (row: Row): string => row.text('tenant_id');
  const { rows } = await database.admin('select count(distinct tenant_id)::int as n from app.tenant_keys');
  assert.ok(Number(rows[0]?.n) > 1);
  const mine = await scope.rows(sql`select k.tenant_id from tenant_keys k where ${scope.mine('k')}`, read);
  assert.deepEqual([...new Set(mine)], [alice.tenantId]);
  const moved = scope.run(sql`update tenant_keys k set wrapped = ${Buffer.alloc(10)} where ${scope.mine('k')}`);
  await assert.rejects(moved, (error: unknown) => sqlState(error) === '23514');
});

test('destroyed keys open nothing more, make nothing new, and other tenants do not notice', async () => {
  const erin = await enterNewTenant(database, 'E');
  const own = database.api.tenant(erin);
  const id = await makeRun(erin, 'to be forgotten');
  assert.equal(await database.vault.destroyTenantKeys(database.api, erin), 2);
  const { rows } = await database.admin('select wrapped, state from app.tenant_keys where tenant_id = $1', [
    erin.tenantId,
  ]);
  assert.deepEqual(
    rows,
    Array.from({ length: 2 }, () => ({ wrapped: null, state: 'destroyed' })),
  );
  await assert.rejects(getRun(own, id), failsWith('sealed_away'));
  await assert.rejects(makeRun(erin, 'again'), failsWith('sealed_away'));
  assert.equal((await listRuns(own, { limit: 10 })).length, 1, 'what is in clear stays readable');
  assert.equal((await getRun(database.api.tenant(bob), await makeRun(bob, 'fine'))).task, 'fine');
  assert.equal(await database.vault.destroyTenantKeys(database.api, erin), 0);
});
