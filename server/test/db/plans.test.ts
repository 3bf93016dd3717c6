// Every statement of the rooms that hold tenant data, sent once over a database of many tenants, then explained: none may read a
// tenant table from end to end. Row-level security makes many operators useless to an index, so this is looked at, not believed.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import * as artifacts from '../../src/artifacts/artifacts.ts';
import * as billing from '../../src/billing/billing.ts';
import { createLocalBlobs, sealBlobs } from '../../src/blobs/blobs.ts';
import { createDatabase, type Database, type Rendered, type TenantScope, type TenantTx } from '../../src/db/db.ts';
import { claimEffect, findEffect, settleEffect } from '../../src/effects/effects.ts';
import * as entities from '../../src/entities/entities.ts';
import { exportRun, listEvents } from '../../src/events/events.ts';
import { enterKeyed, fingerprint, recordAnswer } from '../../src/idempotency/idempotency.ts';
import * as identity from '../../src/identity/identity.ts';
import { asId, type EntityId, type KeyId, newId, type RunId, type WorkerId } from '../../src/ids.ts';
import {
  countLost,
  createBudget,
  forgo,
  listBudgets,
  reserve,
  settle,
  settleLost,
  updateBudget,
} from '../../src/limits/limits.ts';
import type { UserPrincipal } from '../../src/principal.ts';
import * as runs from '../../src/runs/runs.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { gate, TENANT_TABLES } from './parser-gate.ts';

const peppers = identity.createPeppers(new Map([[1, Buffer.alloc(32, 7)]]));
const sent = new Map<string, Rendered>();
let database: TestDatabase;
let watched: Database;
let alice: UserPrincipal;
let folder: string;

/** 600 tenants of 20 runs; each run with events, an effect, a reservation, an artifact and an entity. */
const SEED = `
  insert into app.tenants (tenant_id, name) select gen_random_uuid(), 'T' || n from generate_series(1, 600) n;
  insert into app.tenant_keys (tenant_id, key_id, purpose, version, wrapped, master_version, master_fingerprint)
    select tenant_id, gen_random_uuid()::text, p, 1, substr(sha256('s') || sha256('s'), 1, 61), 1, sha256('m') from app.tenants cross join unnest(array['content', 'index']) p;
  insert into app.users (tenant_id, id, name, role) select tenant_id, gen_random_uuid(), 'u', 'owner' from app.tenants cross join generate_series(1, 4);
  insert into app.api_keys (tenant_id, id, key_id, user_id, env, name, pepper_version, secret_hmac, last4, scopes, expires_at)
    select u.tenant_id, gen_random_uuid(), gen_random_uuid()::text, u.id, 'live', 'k', 1, sha256('s'), 'abcd', '{}', now() + interval '1 day' from app.users u;
  insert into app.runs (tenant_id, id, user_id, skill_name, skill_version, skill_digest, model, status, task, input, run_grant, key_id, budget_tokens, budget_cost, budget_seconds, budget_calls)
    select u.tenant_id, gen_random_uuid(), u.id, 's', '1.0.0', sha256('s'), 'm', case when n = 1 then 'queued' else 'succeeded' end, 't', '{}', '{}', 'k', 1, 1, 1, 1
    from app.users u cross join generate_series(1, 5) n;
  insert into app.events (tenant_id, run_id, seq, id, type, version, time, actor_kind, actor_id, data, key_id, data_bytes, data_digest, prev_hash, hash)
    select r.tenant_id, r.id, n, gen_random_uuid(), 'run.created', 1, now(), 'user', 'u', '{}', 'k', 2, sha256('d'), case when n > 0 then sha256('p') end, sha256('h')
    from app.runs r cross join generate_series(0, 3) n;
  insert into app.effects (tenant_id, run_id, key, call_id, tool, idempotent) select r.tenant_id, r.id, 'k', 'c', 't', true from app.runs r;
  insert into app.reservations (tenant_id, run_id, id, step, tokens, cost) select r.tenant_id, r.id, gen_random_uuid(), n, 1, 1 from app.runs r cross join generate_series(1, 2) n;
  insert into app.artifacts (tenant_id, id, run_id, effect_key, name, media_type, bytes, sha256, sources, key_id, blob_id, integrity, confidentiality)
    select r.tenant_id, gen_random_uuid(), r.id, 'k', 'n', 'text/plain', 1, sha256('s'), '[]', 'k', gen_random_uuid(), 'trusted', 'private' from app.runs r;
  insert into app.entities (tenant_id, id, run_id, effect_key, type, version, identity, attributes, sources, key_id, integrity, confidentiality)
    select r.tenant_id, gen_random_uuid(), r.id, 'k', 'page', 1, sha256('s'), '{}', '[]', 'k', 'trusted', 'private' from app.runs r;
  insert into app.approvals (tenant_id, id, run_id, call_id, tool, effect, rule, digest, card, key_id, seats, starter_may, expires_at)
    select r.tenant_id, gen_random_uuid(), r.id, 'c', 't', 'send', 'r', sha256('d'), '\\x00', 'k', 1, true, now() + interval '1 hour' from app.runs r;
  insert into app.approval_seats (tenant_id, approval_id, user_id, verdict, key_id)
    select a.tenant_id, a.id, r.user_id, 'deny', 'k' from app.approvals a join app.runs r on r.tenant_id = a.tenant_id and r.id = a.run_id;
  insert into app.idempotency (tenant_id, principal, route, key, fingerprint)
    select r.tenant_id, 'p', 'POST /v1/runs', r.id::text, sha256('s') from app.runs r;
  insert into app.budgets (tenant_id, id, name, period, limit_cost) select t.tenant_id, gen_random_uuid(), 'b', 'day', 1 from app.tenants t cross join generate_series(1, 5);
  insert into app.budget_periods (tenant_id, budget_id, starts) select b.tenant_id, b.id, date '2020-01-01' + n from app.budgets b cross join generate_series(1, 5) n;
  insert into app.budget_holds (tenant_id, reservation_id, budget_id, starts, cost, tokens)
    select distinct on (v.tenant_id, v.id) v.tenant_id, v.id, p.budget_id, p.starts, 1, 1 from app.reservations v join app.budget_periods p on p.tenant_id = v.tenant_id;
  insert into app.usage (tenant_id, id, run_id, effect_key, user_id, skill_name, model, input_tokens, output_tokens, cost, reserved_tokens, reserved_cost, price_id,
      price_input, price_output, settlement, day)
    select r.tenant_id, gen_random_uuid(), r.id, 'step:' || n, r.user_id, 's', 'm', 1, 1, 1, 2, 1, 'p', 1, 1, 'settled', date '2020-01-01' + n from app.runs r cross join generate_series(1, 2) n;
  insert into app.billing_customers (tenant_id, mode, customer_id) select t.tenant_id, 'test', 'cus_' || replace(t.tenant_id::text, '-', '') from app.tenants t;
  insert into app.billing_events (tenant_id, mode, event_id, type, object_id)
    select t.tenant_id, 'test', 'evt_' || replace(t.tenant_id::text, '-', '') || n, 'invoice.paid', 'in_1' from app.tenants t cross join generate_series(1, 5) n;
  insert into app.billing_transitions (tenant_id, mode, object_id, transition)
    select t.tenant_id, 'test', 'in_' || replace(t.tenant_id::text, '-', '') || n, 'invoice.paid' from app.tenants t cross join generate_series(1, 5) n;
  insert into app.billing_subscriptions (tenant_id, mode, subscription_id, status, ticket)
    select t.tenant_id, 'test', 'sub_' || replace(t.tenant_id::text, '-', '') || n, 'active', 1 from app.tenants t cross join generate_series(1, 5) n;
  insert into app.billing_balances (tenant_id, mode, currency) select t.tenant_id, 'test', 'aa' || chr(96 + n) from app.tenants t cross join generate_series(1, 5) n;
  insert into sys.workers (id, host, lease_until) select gen_random_uuid(), 'h', now() from generate_series(1, 50);`;

before(async () => {
  database = await testDatabase();
  folder = await mkdtemp(join(tmpdir(), 'sallyport-plans-'));
  await database.admin(SEED);
  watched = createDatabase({
    keys: database.vault,
    connect: database.connect.api,
    prefix: database.prefix,
    max: 2,
    onFault: () => undefined,
    onStatement: (rendered) => {
      gate(rendered);
      sent.set(rendered.text, rendered);
    },
  });
  const tenant = await identity.createTenant(watched, peppers, identity.firstBootOperator(), 'A');
  const parsed = identity.parseKey(tenant.api_key);
  assert.ok(parsed !== undefined);
  const verdict = await identity.verifyKey(watched, peppers, parsed, Date.now());
  assert.ok(verdict.ok);
  alice = verdict.principal;
  // A tenant of the usual size, so that the planner has a reason to look for its rows.
  await database.admin(SEED_OWN.replaceAll('$tenant', `'${alice.tenantId}'`).replaceAll('$user', `'${alice.userId}'`));
  await database.admin('analyze');
});
after(async () => {
  await watched.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const SEED_OWN = `
  insert into app.runs (tenant_id, id, user_id, skill_name, skill_version, skill_digest, model, status, task, input, run_grant, key_id, budget_tokens, budget_cost, budget_seconds, budget_calls)
    select $tenant, gen_random_uuid(), $user, 's', '1.0.0', sha256('s'), 'm', 'succeeded', 't', '{}', '{}', 'k', 1, 1, 1, 1 from generate_series(1, 20);`;

const WANTED: runs.NewRun = {
  skill: { name: 'web-digest', version: '1.0.0', digest: 'ab'.repeat(32) },
  model: 'rehearsal',
  task: 'Read it.',
  input: { urls: ['http://example.com/'] },
  grant: { tools: [], hosts: [], urls: [], artifacts: [], entityTypes: [] },
  budget: { tokens: 1000, cost: '1.00', seconds: 60, calls: 10 },
};

async function sendRuns(): Promise<RunId> {
  const scope = watched.tenant(alice);
  const id = await watched.atomic(alice, (tx) => runs.createRun(tx, alice, WANTED));
  const worker = newId<WorkerId>();
  await database.admin(`update app.runs set status = 'running', epoch = 1 where id = $1`, [id]);
  await watched.atomic(alice, (tx) => runs.startRun(tx, id, worker, 1n));
  await watched.atomic(alice, async (tx) => {
    await runs.recordUsage(tx, id, { tokens: 1, cost: '0.01', calls: 1 });
    await sendLedger(tx, id);
  });
  await runs.findRun(scope, id);
  await runs.getRun(scope, id);
  await runs.loadWork(scope, id);
  await runs.listRuns(scope, { limit: 20 });
  await runs.listRuns(scope, { limit: 20, status: 'queued', before: id });
  await sendUsage(scope, id);
  assert.equal((await listEvents(scope, id, -1, 50)).length, 2);
  return id;
}

async function sendUsage(scope: TenantScope, id: RunId): Promise<void> {
  const days = { from: '2020-01-01', to: '2020-01-31', limit: 20 };
  for (const by of ['day', 'skill', 'model', 'user'] as const) {
    await billing.sumUsage(scope, { ...days, by, after: undefined });
    await billing.sumUsage(scope, { ...days, by, after: 'a' });
  }
  assert.equal((await billing.sumRun(scope, id))?.steps, 2);
  assert.equal((await billing.listRunUsage(scope, id, { limit: 20 })).length, 2);
  await billing.listRunUsage(scope, id, { limit: 20, before: newId() });
  const [budget] = await listBudgets(scope, { limit: 20, before: newId(Date.now() + 1_000) });
  assert.ok(budget !== undefined && budget.spent.tokens === 6);
  await updateBudget(scope, asId(budget.id), { state: 'paused' });
}

async function sendLedger(tx: TenantTx, id: RunId): Promise<void> {
  const claim = { key: 'k', callId: 'c', tool: 'web.scrape', idempotent: true };
  assert.deepEqual(await claimEffect(tx, id, claim), { claimed: true, attempt: 1 });
  assert.deepEqual(await claimEffect(tx, id, claim), { claimed: true, attempt: 2 });
  assert.equal(await settleEffect(tx, id, 'k', 2, 'done'), true);
  assert.equal((await findEffect(tx, id, 'k'))?.state, 'done');
  const price = { id: 'p', input: '1', output: '2' };
  await createBudget(tx, { name: 'b', period: 'total', limit_cost: '100', limit_tokens: 1_000 });
  const held = await reserve(tx, id, 1, { tokens: 5, cost: '0.1' }, price);
  assert.ok(held.reserved);
  await settle(tx, id, held.id, { input: 1, output: 0, cached: 0, cost: '0.01' });
  const second = await reserve(tx, id, 1, { tokens: 5, cost: '0.1' }, price);
  assert.ok(second.reserved);
  await forgo(tx, second.id);
  await reserve(tx, id, 2, { tokens: 5, cost: '0.1' }, price);
  assert.deepEqual(await settleLost(tx, id), [{ tokens: 5, cost: '0.1000000000' }]);
  assert.equal(await countLost(tx, id, 2), 1);
}

async function sendFindings(id: RunId): Promise<void> {
  const scope = watched.tenant(alice);
  const blobs = sealBlobs(createLocalBlobs({ root: folder }));
  const blob = await artifacts.storeBlob(blobs, scope, [Buffer.from('bytes')]);
  const label = { integrity: 'untrusted', confidentiality: 'private', sources: [] } as const;
  const wanted = {
    ...label,
    name: 'a.txt',
    mediaType: 'text/plain',
    dataClass: 'artifact',
    runId: id,
    effectKey: 'k',
  } as const;
  const made = await artifacts.insertArtifact(scope, blob, wanted);
  assert.equal((await artifacts.insertArtifact(scope, blob, wanted)).id, made.id, 'a repeat makes no second one');
  const artifactId = asId<Parameters<typeof artifacts.getArtifact>[1]>(made.id);
  await artifacts.getArtifact(scope, artifactId);
  assert.deepEqual([...(await artifacts.artifactLabels(scope, [made.id, newId()])).keys()], [made.id]);
  await artifacts.listArtifacts(scope, { limit: 20 });
  await artifacts.listArtifacts(scope, { limit: 20, runId: id, before: artifactId });
  for await (const chunk of (await artifacts.openArtifact(scope, blobs, artifactId)).content)
    assert.ok(chunk.length > 0);
  await artifacts.deleteArtifact(watched, alice, blobs, artifactId);

  const finding = { ...label, reference: 'page@1', evidence: [], runId: id, effectKey: 'e' };
  const page = { ...finding, attributes: { url: 'http://example.com/', title: 't', summary: 's' } };
  const entity = await entities.saveEntity(scope, page);
  assert.equal((await entities.saveEntity(scope, page)).id, entity.id, 'a repeat makes no second one');
  await entities.getEntity(scope, asId<EntityId>(entity.id));
  await entities.listEntities(scope, { limit: 20 });
  await entities.listEntities(scope, { limit: 20, type: 'page@1', runId: id, before: asId(entity.id) });
}

async function sendKeys(): Promise<void> {
  const scope = watched.tenant(alice);
  const made = await watched.atomic(alice, (tx) => identity.createKey(tx, peppers, alice, { name: 'second' }));
  const id = asId<KeyId>(made.id);
  await identity.listKeys(scope, { limit: 20 });
  await identity.listKeys(scope, { limit: 20, before: id });
  await identity.getKey(scope, id);
  await identity.touchKey(scope, id);
  await watched.atomic(alice, (tx) => identity.flagExposed(tx, id));
  await watched.atomic(alice, (tx) => identity.revokeKey(tx, id));
  const request = { principal: 'p', route: 'POST /v1/runs', key: 'k', fingerprint: fingerprint({}) };
  await watched.atomic(alice, async (tx) => {
    assert.equal(await enterKeyed(tx, request), undefined);
    await recordAnswer(tx, request, { status: 201, body: '{}' });
  });
  assert.deepEqual(await watched.atomic(alice, (tx) => enterKeyed(tx, request)), { status: 201, body: '{}' });
}

async function sendEnds(id: RunId): Promise<void> {
  const finish = { status: 'succeeded', outcome: 'Done.', artifactIds: [] } as const;
  await watched.atomic(alice, (tx) => runs.finishRun(tx, id, 1n, finish));
  const other = await watched.atomic(alice, (tx) => runs.createRun(tx, alice, WANTED));
  await watched.atomic(alice, (tx) => runs.cancelRun(tx, other, 'alice'));
  const record = await runs.findRun(watched.tenant(alice), id);
  assert.ok(record !== undefined);
  for await (const line of exportRun(watched.tenant(alice), record)) assert.ok(line.length > 0);
}

type Plan = Readonly<Record<string, unknown>>;
/** Tenant tables that the plan reads from end to end. */
function wholeReads(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(wholeReads);
  if (plan === null || typeof plan !== 'object') return [];
  const node = plan as Plan;
  const own = node['Node Type'] === 'Seq Scan' && TENANT_TABLES.has(String(node['Relation Name']));
  return [...(own ? [String(node['Relation Name'])] : []), ...Object.values(node).flatMap(wholeReads)];
}

async function asTenant<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...database.connect.api } as pg.ClientConfig);
  await client.connect();
  try {
    await client.query(`set role ${database.prefix}_tenant`);
    await client.query("select set_config('app.tenant_id', $1, false)", [alice.tenantId]);
    return await work(client);
  } finally {
    await client.end();
  }
}
async function explain(client: pg.Client, text: string, values: unknown[]): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(`explain (format json) ${text}`, values);
  return Object.values(rows[0] ?? {})[0];
}

test('no statement of the rooms reads a tenant table from end to end', async () => {
  const id = await sendRuns();
  await sendFindings(id);
  await sendKeys();
  await sendEnds(id);
  assert.ok(sent.size >= 40, `${sent.size} statements`);
  const slow = await asTenant(async (client) => {
    const found: string[] = [];
    for (const { text, values } of sent.values()) {
      const whole = wholeReads(await explain(client, text, values));
      if (whole.length > 0) found.push(`${whole.join(', ')}: ${text}`);
    }
    return found;
  });
  assert.deepEqual(slow, []);
});

test('an end-to-end read is seen where no index can be used', async () => {
  const text = 'select r.id from runs r where r.tenant_id = $1 and r.id = $2';
  await asTenant(async (client) => {
    const values = [alice.tenantId, newId()];
    assert.deepEqual(wholeReads(await explain(client, text, values)), []);
    for (const way of ['indexscan', 'indexonlyscan', 'bitmapscan']) await client.query(`set enable_${way} = off`);
    assert.deepEqual(wholeReads(await explain(client, text, values)), ['runs']);
  });
});

/** Bodies of the cross-tenant functions, with their parameters filled in; explained as their owner. */
const BODIES: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ['find_key', 'auth', { p_key_id: "'k'" }],
  ['list_tenants', 'registrar', { p_before: 'gen_random_uuid()', p_limit: '20' }],
  ['end_worker', 'claimer', { p_worker: 'gen_random_uuid()' }],
  ['release_run', 'claimer', { p_worker: 'gen_random_uuid()', p_run: 'gen_random_uuid()', p_epoch: '1' }],
  ['claim_runs', 'claimer', { p_worker: 'gen_random_uuid()', p_max: '10' }],
];
for (const [name, owner, values] of BODIES)
  test(`the function ${name} does not read all runs, keys or users`, async () => {
    const { rows } = await database.admin('select p.prosrc from pg_proc p where p.proname = $1', [name]);
    let text = String(rows[0]?.prosrc);
    for (const [parameter, value] of Object.entries(values))
      text = text.replaceAll(new RegExp(`\\b${parameter}\\b`, 'g'), value);
    const client = new pg.Client({ ...database.connect.direct } as pg.ClientConfig);
    await client.connect();
    try {
      await client.query(`set role ${database.prefix}_${owner}`);
      // Tenants are few, and a claim asks after the state of each that waits.
      assert.deepEqual(
        wholeReads(await explain(client, text, [])).filter((table) => table !== 'tenants'),
        [],
      );
    } finally {
      await client.end();
    }
  });
