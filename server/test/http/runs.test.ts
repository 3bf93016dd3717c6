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
