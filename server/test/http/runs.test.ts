import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { loadWork, type RunGrant } from '../../src/runs/runs.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const wanted = { skill: 'web-digest', task: 'Read https://example.com/a#part and sum up.' };

test('a run is created as it was asked for, shown, listed and cancelled once', async () => {
  const { api_key: key } = api.tenantA;
  const made = await api.ask('/v1/runs', { key, json: { ...wanted, budget: { cost: '0.50', calls: 9999 } } });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.headers.get('location'), `/v1/runs/${made.json.id}`);
  assert.deepEqual(
    [made.json.status, made.json.skill, made.json.model, made.json.tenant_id, made.json.budget],
    [
      'queued',
      'web-digest@1.0.0',
      'rehearsal',
      api.tenantA.tenant_id,
      { tokens: 200000, cost: '0.5', seconds: 600, calls: 60 },
    ],
  );
  const shown = await api.ask(`/v1/runs/${made.json.id}`, { key });
  assert.deepEqual(shown.json, made.json);
  const listed = await api.ask('/v1/runs?status=queued&limit=1', { key });
  assert.deepEqual([listed.json.data.length, listed.json.data[0].id, listed.json.next_cursor], [1, made.json.id, null]);
  const cancelled = await api.ask(`/v1/runs/${made.json.id}/cancel`, { key, json: { reason: 'enough' } });
  assert.deepEqual([cancelled.status, cancelled.json.status], [200, 'cancelled']);
  const again = await api.ask(`/v1/runs/${made.json.id}/cancel`, { key, method: 'POST' });
  assert.deepEqual([again.status, again.json.code], [409, 'already_ended']);
  assert.deepEqual(again.json.errors, [{ path: '/status', message: 'cancelled' }]);
});

async function grantOf(json: object): Promise<RunGrant> {
  const made = await api.ask('/v1/runs', { key: api.tenantA.api_key, json });
  assert.equal(made.status, 201, made.text);
  const scope = api.database.api.tenant(await api.principal(api.tenantA.api_key));
  return (await loadWork(scope, made.json.id)).grant;
}

test('the grant is what the person stated, whole and normalised, and the tools of the skill', async () => {
  const grant = await grantOf({
    skill: 'web-digest@1.0.0',
    task: 'Compare https://Example.com/a#part, (http://b.example:80/x?q=1) and https://example.com/a.',
    input: { urls: ['HTTPS://example.com/a'.toLowerCase(), 'https://c.example/../d'] },
  });
  assert.deepEqual(grant.urls, ['https://example.com/a', 'https://c.example/d', 'http://b.example/x?q=1']);
  assert.deepEqual(
    grant.tools.map((entry) => entry.tool),
    ['web.scrape', 'artifact.read', 'artifact.write', 'entity.save'],
  );
});

test('a skill that does not ask for what the person stated gets none of it', async () => {
  const grant = await grantOf({
    skill: 'document-digest',
    task: 'Read https://example.com/',
    input: { urls: ['https://example.com/b'] },
  });
  assert.deepEqual([grant.urls, grant.hosts], [[], []]);
});

test('a budget is the smaller of the two in each part', async () => {
  const budgetOf = async (budget: object): Promise<object> =>
    (await api.ask('/v1/runs', { key: api.tenantA.api_key, json: { ...wanted, budget } })).json.budget;
  const most = { tokens: 200000, cost: '1', seconds: 600, calls: 60 };
  assert.deepEqual(await budgetOf({}), most);
  assert.deepEqual(await budgetOf({ tokens: 1, cost: '10', seconds: 9_007_199_254_740_991, calls: 0 }), {
    ...most,
    tokens: 1,
    calls: 0,
  });
  assert.deepEqual(await budgetOf({ cost: '0.9999999999' }), { ...most, cost: '0.9999999999' });
});

test('runs are listed by skill, user, time and text, each filter narrowing what the others leave', async () => {
  const { api_key: key, user_id: user } = api.tenantA;
  const ids = async (search: string): Promise<string[]> => {
    const listed = await api.ask(`/v1/runs?limit=100&${search}`, { key });
    assert.equal(listed.status, 200, listed.text);
    return listed.json.data.map((run: { id: string }) => run.id);
  };
  const made = await api.ask('/v1/runs', { key, json: { skill: 'document-digest', task: 'Read.', model: 'gullible' } });
  const { id, created_at: at } = made.json;
  assert.equal(made.json.unknown_effects, 0);
  const tail = id.slice(-12);
  assert.deepEqual(await ids(`text=${tail.toUpperCase()}`), [id]);
  assert.deepEqual(await ids(`text=gullible&skill=document-digest&created_by=${user}&from=${at}`), [id]);
  for (const search of [
    `text=${tail}&skill=web-digest`,
    `text=${tail}&to=${at}`,
    `text=${tail}%25`,
    'attention=needed',
  ])
    assert.deepEqual(await ids(search), [], search);
  for (const search of ['from=yesterday', 'from=2026-13-01T00:00:00Z', 'text=', 'skill=Web', 'attention=yes'])
    assert.equal((await api.ask(`/v1/runs?${search}`, { key })).status, 400, search);
});

test('a run lists its effects by key, and one of an unknown end asks for attention', async () => {
  const { api_key: key, tenant_id: tenant } = api.tenantA;
  const { id } = (await api.ask('/v1/runs', { key, json: wanted })).json;
  assert.deepEqual((await api.ask(`/v1/runs/${id}/effects`, { key })).json, { data: [], next_cursor: null });
  await api.database.admin(`insert into app.effects (tenant_id, run_id, key, call_id, tool, idempotent, state)
    select '${tenant}', '${id}', 'call:' || n, 'c' || n, 'mail.send', false, case n when 2 then 'unknown' else 'done' end
    from generate_series(1, 3) n`);
  const first = await api.ask(`/v1/runs/${id}/effects?limit=2`, { key });
  assert.deepEqual(
    first.json.data.map((one: { key: string; state: string }) => [one.key, one.state]),
    [
      ['call:1', 'done'],
      ['call:2', 'unknown'],
    ],
  );
  const rest = await api.ask(`/v1/runs/${id}/effects?limit=2&cursor=${first.json.next_cursor}`, { key });
  assert.deepEqual([rest.json.data[0].key, rest.json.data.length, rest.json.next_cursor], ['call:3', 1, null]);
  const held = await api.ask('/v1/runs?attention=needed', { key });
  assert.deepEqual(
    held.json.data.map((run: { id: string; unknown_effects: number }) => [run.id, run.unknown_effects]),
    [[id, 1]],
  );
});

test('the models are listed with the default one and those that are rules', async () => {
  const { data } = (await api.ask('/v1/models', { key: api.tenantA.api_key })).json;
  assert.deepEqual(data, [
    { name: 'rehearsal', is_default: true, rule_based: true },
    { name: 'gullible', is_default: false, rule_based: true },
  ]);
});
