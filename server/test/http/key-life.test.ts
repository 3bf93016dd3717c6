// The life of a key on two nodes: rotation with overlap, environments, the end that counts everywhere, and what its tenant is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { useOperatorKey } from '../../src/identity/identity.ts';
import { type Answer, type Api, peppers, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi({ nodes: 2 });
});
after(() => api.close());

interface Made {
  readonly id: string;
  readonly api_key: string;
  readonly expires_at: string;
  readonly scopes: string[];
  readonly env: string;
}
const make = async (body: object = {}, key = api.tenantA.api_key): Promise<Made> => {
  const made = await api.ask('/v1/api-keys', { key, json: { name: 'k', ...body } });
  assert.equal(made.status, 201, made.text);
  return made.json;
};
const rotate = (id: string, json: object, key = api.tenantA.api_key): Promise<Answer> =>
  api.ask(`/v1/api-keys/${id}/rotate`, { key, json });
const works = async (key: string, node = 0): Promise<boolean> =>
  (await api.ask('/v1/me', { key }, node)).status === 200;
const show = async (id: string): Promise<Answer['json']> =>
  (await api.ask(`/v1/api-keys/${id}`, { key: api.tenantA.api_key })).json;

test('with an overlap both keys work and the old one shows as rotating; it ends at its time', async () => {
  const old = await make({ scopes: ['runs:read', 'keys:read'] });
  const next = await rotate(old.id, { overlap_seconds: 3_600 });
  assert.equal(next.status, 201, next.text);
  assert.deepEqual([next.json.scopes, next.json.env], [old.scopes, old.env]);
  assert.ok((await works(old.api_key)) && (await works(next.json.api_key, 1)));
  const shown = await show(old.id);
  assert.deepEqual([shown.status, shown.replaced_by], ['rotating', next.json.id]);
  assert.ok(Date.parse(shown.expires_at) <= Date.now() + 3_600_000);
  await api.database.admin("update app.api_keys set expires_at = now() - interval '1 second' where id = $1", [old.id]);
  assert.equal(await works(old.api_key), false);
  assert.equal(await works(next.json.api_key), true);
});

test('a key is rotated once: during the overlap its successor may be, and each older one keeps its own end', async () => {
  const first = await make();
  const second = (await rotate(first.id, { overlap_seconds: 600 })).json as Made;
  const again = await rotate(first.id, { overlap_seconds: 60 });
  assert.deepEqual([again.status, again.json.code], [409, 'conflict']);
  const third = (await rotate(second.id, { overlap_seconds: 60 })).json as Made;
  for (const key of [first, second, third]) assert.ok(await works(key.api_key));
  const [one, two] = [await show(first.id), await show(second.id)];
  assert.ok(Date.parse(one.expires_at) > Date.parse(two.expires_at));
  assert.equal(
    (await api.ask(`/v1/api-keys/${first.id}/revoke`, { method: 'POST', key: api.tenantA.api_key })).status,
    200,
  );
  assert.equal(await works(first.api_key), false);
  assert.deepEqual([(await rotate(first.id, {})).status, await works(third.api_key)], [409, true]);
});

test('of ten rotations of one key at once, one makes a successor', async () => {
  const key = await make();
  const all = await Promise.all(Array.from({ length: 10 }, () => rotate(key.id, { overlap_seconds: 60 })));
  assert.deepEqual(all.map((one) => one.status).sort(), [201, ...Array(9).fill(409)]);
});

test('without an overlap the old key stops at once, and too long an overlap is refused', async () => {
  const key = await make();
  assert.equal((await rotate(key.id, { overlap_seconds: 2_592_001 })).status, 400);
  const next = await rotate(key.id, {});
  assert.deepEqual([await works(key.api_key, 1), await works(next.json.api_key, 1)], [false, true]);
});

test('a key rotates itself with its own scopes, and a narrower key does not rotate a wider one', async () => {
  const own = await make({ scopes: ['runs:read', 'keys:write'] });
  const narrow = await make({ scopes: ['keys:write'] });
  assert.equal((await rotate(own.id, {}, narrow.api_key)).status, 403);
  assert.equal((await rotate(own.id, { overlap_seconds: 1 }, own.api_key)).status, 201);
});

test('a key that was revoked on one node is refused by the other with the next request', async () => {
  const key = await make();
  assert.ok((await works(key.api_key, 0)) && (await works(key.api_key, 1)));
  const began = performance.now();
  await api.ask(`/v1/api-keys/${key.id}/revoke`, { method: 'POST', key: api.tenantA.api_key }, 0);
  assert.deepEqual([await works(key.api_key, 0), await works(key.api_key, 1)], [false, false]);
  assert.ok(performance.now() - began < 5_000);
});

test('a test key makes test keys alone, a session of it too, and a key keeps its environment', async () => {
  const trial = await make({ env: 'test' });
  assert.match(trial.api_key, /^sp_test_/);
  const live = await api.ask('/v1/api-keys', { key: trial.api_key, json: { name: 'x', env: 'live' } });
  assert.deepEqual([live.status, live.json.code], [403, 'forbidden']);
  assert.match((await make({}, trial.api_key)).api_key, /^sp_test_/);
  const standing = await make();
  assert.equal((await rotate(standing.id, {}, trial.api_key)).status, 403);
});

test('a stopped key that comes with its right secret is a record of its tenant; a wrong secret is none', async () => {
  const key = await make();
  await api.ask(`/v1/api-keys/${key.id}/revoke`, { method: 'POST', key: api.tenantA.api_key });
  assert.equal(await works(key.api_key), false);
  const refused = async (): Promise<unknown[]> =>
    (
      await api.database.admin(
        "select outcome, reason, object_id from app.audit where action = 'key.refused' and object_id = $1",
        [key.id],
      )
    ).rows;
  while ((await refused()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.deepEqual(await refused(), [{ outcome: 'denied', reason: 'revoked', object_id: key.id }]);
});

test('an operator key in a URL is stopped for good, and the next boot makes its successor', async () => {
  const own = await startApi();
  try {
    const { operatorKey } = own;
    assert.equal((await own.ask('/v1/tenants', { key: operatorKey })).status, 200);
    const refused = await own.ask(`/v1/tenants?key=${operatorKey}`);
    assert.deepEqual([refused.status, refused.json.code], [400, 'credential_in_url']);
    assert.equal((await own.ask('/v1/tenants', { key: operatorKey })).status, 401);
    const kept: string[] = [];
    const next = await useOperatorKey(own.database.api, peppers, operatorKey, (text) => kept.push(text));
    assert.deepEqual([kept.length, kept[0]], [1, next]);
    assert.notEqual(next, operatorKey);
    assert.equal((await own.ask('/v1/tenants', { key: next })).status, 200);
    assert.equal((await own.ask('/v1/tenants', { key: operatorKey })).status, 401);
    assert.ok(own.lines.some((line) => line.includes('operator.exposed')) && !own.lines.join('').includes(operatorKey));
  } finally {
    await own.close();
  }
});
