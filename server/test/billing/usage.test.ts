import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { lockRun } from '../../src/events/events.ts';
import { asId, type RunId } from '../../src/ids.ts';
import { reserve, settle } from '../../src/limits/limits.ts';
import { recordUsage } from '../../src/runs/runs.ts';
import { type Api, startApi } from '../http/api.ts';

let api: Api;
let key: string;
let runId: RunId;
/** As the database counts it: midnight may pass while the test runs. */
let today: string;

before(async () => {
  api = await startApi();
  key = api.tenantA.api_key;
  const run = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 't' } });
  runId = asId<RunId>(run.json.id);
  const principal = await api.principal(key);
  await api.database.api.atomic(principal, async (tx) => {
    await lockRun(tx, runId, { kind: 'control' });
    for (const step of [1, 2, 3]) {
      const price = { id: `p${step}`, input: String(step), output: '2' };
      const held = await reserve(tx, runId, step, { tokens: 100, cost: '0.5' }, price);
      assert.ok(held.reserved);
      const used = { input: 10 * step, output: step, cached: 1, cost: `0.0${step}` };
      assert.equal((await settle(tx, runId, held.id, used)).overReserved, false);
      await settle(tx, runId, held.id, used);
      await recordUsage(tx, runId, { tokens: 11 * step, cost: used.cost, calls: 0 });
    }
  });
  const { rows } = await api.database.admin(
    'update app.usage set day = (select min(day) from app.usage) returning day::text as day',
  );
  today = String(rows[0]?.day);
});
after(() => api.close());

test('the usage of a run is its ledger, whose sums are the totals of the run; a second settlement changes nothing', async () => {
  const usage = await api.ask(`/v1/runs/${runId}/usage`, { key });
  const run = await api.ask(`/v1/runs/${runId}`, { key });
  assert.deepEqual(usage.json.totals, {
    steps: 3,
    input_tokens: 60,
    output_tokens: 6,
    cached_tokens: 3,
    cost: '0.06',
    lost_cost: '0',
  });
  assert.deepEqual([run.json.usage.tokens, run.json.usage.cost], [66, '0.06']);
  const keys = usage.json.data.map((row: { effect_key: string }) => row.effect_key);
  assert.deepEqual(keys.sort(), ['step:1', 'step:2', 'step:3']);
  const page = await api.ask(`/v1/runs/${runId}/usage?limit=2`, { key });
  assert.equal(page.json.data.length, 2);
  const rest = await api.ask(`/v1/runs/${runId}/usage?limit=2&cursor=${page.json.next_cursor}`, { key });
  assert.deepEqual([rest.json.data.length, rest.json.next_cursor], [1, null]);
});

test('the usage of a tenant is summed by day, skill, model and user, in pages, and another tenant sees none of it', async () => {
  const expected = { day: today, skill: 'web-digest', model: 'rehearsal', user: api.tenantA.user_id };
  for (const [by, name] of Object.entries(expected)) {
    const { json } = await api.ask(`/v1/usage?by=${by}`, { key });
    assert.deepEqual(
      [json.data.length, json.data[0].key, json.data[0].cost, json.next_cursor],
      [1, name, '0.06', null],
    );
  }
  await api.database.admin("update app.usage set day = day - 1 where effect_key = 'step:1'");
  const first = await api.ask('/v1/usage?limit=1', { key });
  assert.equal(first.json.data[0].cost, '0.01');
  const second = await api.ask(`/v1/usage?limit=1&cursor=${first.json.next_cursor}`, { key });
  assert.deepEqual([second.json.data[0].key, second.json.data[0].cost, second.json.next_cursor], [today, '0.05', null]);
  const other = await api.ask('/v1/usage', { key: api.tenantB.api_key });
  assert.deepEqual(other.json.data, []);
});

const BAD = [
  'from=2026-02-30',
  'from=2026-03-02&to=2026-03-01',
  'from=2020-01-01&to=2026-01-01',
  'by=tenant',
  'cursor=bm8',
  'limit=0',
  'to=today',
];
for (const search of BAD)
  test(`/v1/usage?${search} is refused with a code`, async () => {
    const answer = await api.ask(`/v1/usage?${search}`, { key });
    assert.deepEqual([answer.status, answer.json.code], [400, 'invalid_request']);
  });

test('a budget is made, shown, changed and paused; one without a limit is refused', async () => {
  const without = await api.ask('/v1/budgets', { key, json: { name: 'n', period: 'day' } });
  assert.deepEqual([without.status, without.json.code], [400, 'invalid_request']);
  const headers = { 'idempotency-key': 'b1' };
  const json = { name: 'monthly', period: 'month', limit_cost: '20.00' };
  const made = await api.ask('/v1/budgets', { key, json, headers });
  assert.deepEqual(
    [made.status, made.json.limit_cost, made.json.limit_tokens, made.json.state],
    [201, '20', null, 'active'],
  );
  const again = await api.ask('/v1/budgets', { key, json, headers });
  assert.equal(again.json.id, made.json.id);
  const path = `/v1/budgets/${made.json.id}`;
  const changed = await api.ask(path, { method: 'PATCH', key, json: { limit_tokens: 5, state: 'paused' } });
  assert.deepEqual([changed.json.limit_cost, changed.json.limit_tokens, changed.json.state], ['20', 5, 'paused']);
  assert.deepEqual((await api.ask(path, { key })).json, changed.json);
  assert.equal((await api.ask('/v1/budgets', { key })).json.data.length, 1);
});

test('a tenant has a hundred budgets at most, since each step of each run locks them all', async () => {
  const standing = (await api.ask('/v1/budgets', { key })).json.data.length;
  await api.database.admin(
    `insert into app.budgets (tenant_id, id, name, period, limit_tokens)
     select $1, gen_random_uuid(), 'n' || n, 'day', 1 from generate_series(1, $2::int) n`,
    [api.tenantA.tenant_id, 99 - standing],
  );
  const json = { name: 'last', period: 'day', limit_tokens: 1 };
  assert.equal((await api.ask('/v1/budgets', { key, json })).status, 201);
  const over = await api.ask('/v1/budgets', { key, json });
  assert.deepEqual([over.status, over.json.code], [409, 'conflict']);
});
