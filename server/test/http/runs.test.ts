import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
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
