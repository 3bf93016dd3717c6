// Limits as a caller meets them: headers, the answer that says when to come back, and failures that lock nobody else out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey, parseKey } from '../../src/identity/identity.ts';
import type { RateSettings } from '../../src/limits/limits.ts';
import { type Answer, type Api, startApi } from './api.ts';

async function withApi(rates: Partial<RateSettings>, work: (api: Api) => Promise<void>, nodes = 1): Promise<void> {
  const api = await startApi({ rates, nodes });
  try {
    await work(api);
  } finally {
    await api.close();
  }
}
/** Nothing comes back while the test runs. */
const slow = (count: number): { count: number; seconds: number } => ({ count, seconds: 3_600 });
const me = (api: Api, key: string, node = 0): Promise<Answer> => api.ask('/v1/me', { key }, node);

test('each answer says where the caller stands, and the one beyond the limit when to come back', () =>
  withApi({ key: slow(3) }, async (api) => {
    const { api_key: key } = api.tenantA;
    for (const left of [2, 1, 0]) {
      const answer = await me(api, key);
      assert.equal(answer.status, 200);
      assert.match(
        answer.headers.get('ratelimit-policy') ?? '',
        /^"key";q=3;w=3600, "user";q=\d+;w=60, "tenant";q=\d+;w=60$/,
      );
      assert.match(
        answer.headers.get('ratelimit') ?? '',
        new RegExp(`^"key";r=${left};t=\\d+, "user";r=\\d+;t=\\d+, "tenant"`),
      );
    }
    const refused = await me(api, key);
    assert.deepEqual([refused.status, refused.json.code], [429, 'rate_limited']);
    assert.match(refused.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(refused.headers.get('ratelimit-policy'), '"key";q=3;w=3600');
    assert.match(refused.headers.get('ratelimit') ?? '', /^"key";r=0;t=\d+$/);
    const wait = Number(refused.headers.get('retry-after'));
    assert.ok(wait >= 1 && wait <= 1_200, String(wait));
    assert.equal((await me(api, api.tenantB.api_key)).status, 200, 'another tenant is not held up');
  }));

test('the limit of a key is one on both nodes, and its user and tenant are counted over all keys', () =>
  withApi(
    { key: slow(4), user: slow(6) },
    async (api) => {
      const { api_key: key } = api.tenantA;
      const statuses: number[] = [];
      for (let count = 0; count < 6; count++) statuses.push((await me(api, key, count % 2)).status);
      assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429]);
      const { rows } = await api.database.admin('select count(*)::int as n from sys.rates');
      assert.ok(Number(rows[0]?.n) > 0);
      const operator = await api.ask('/v1/tenants', { key: api.operatorKey });
      assert.deepEqual([operator.status, operator.headers.get('ratelimit')], [200, null]);
    },
    2,
  ));

test('a caller that is over its limit is refused before its key is looked up', () =>
  withApi({ key: slow(1) }, async (api) => {
    const { api_key: key } = api.tenantA;
    await me(api, key);
    assert.equal((await me(api, key)).status, 429);
    await api.database.admin('alter table app.api_keys rename to api_keys_away');
    try {
      assert.equal((await me(api, key)).status, 429);
      assert.equal((await me(api, api.tenantB.api_key)).status, 500);
    } finally {
      await api.database.admin('alter table app.api_keys_away rename to api_keys');
    }
  }));

test('wrong secrets are counted by address and then refused unread; the owner of the key comes in all the while', () =>
  withApi({ failures: slow(5) }, async (api) => {
    const { api_key: key } = api.tenantA;
    const good = parseKey(key);
    assert.ok(good !== undefined);
    assert.equal((await me(api, key)).status, 200);
    const statuses: number[] = [];
    for (let count = 0; count < 8; count++) statuses.push((await me(api, generateKey('live').text)).status);
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 401, 429, 429]);
    assert.equal((await me(api, key)).status, 200);
    assert.equal((await me(api, 'sp_live_no_key')).status, 429, 'even garbage is told to wait');
  }));

// Failures are counted for all nodes; that the count is full a node learns by its own next failure: these two ask one node.
test('made-up keys in URLs are counted like wrong keys, and looked up no more beyond the limit', () =>
  withApi({ failures: slow(5) }, async (api) => {
    const guess = (key = generateKey('live').text): Promise<Answer> => api.ask(`/healthz?key=${key}`, {}, 0);
    for (let count = 0; count < 6; count++) assert.equal((await guess()).status, 400);
    await api.database.admin('alter table app.api_keys rename to api_keys_away');
    try {
      const unread = await guess();
      assert.deepEqual([unread.status, unread.json.code], [400, 'credential_in_url']);
    } finally {
      await api.database.admin('alter table app.api_keys_away rename to api_keys');
    }
    assert.equal((await me(api, generateKey('live').text)).status, 429);
  }));

test('a key that was stopped slows down itself and not its neighbours', () =>
  withApi({ failures: slow(2) }, async (api) => {
    const made = await api.ask('/v1/api-keys', { key: api.tenantA.api_key, json: { name: 'k' } });
    await api.ask(`/v1/api-keys/${made.json.id}/revoke`, { key: api.tenantA.api_key, method: 'POST' });
    const statuses: number[] = [];
    for (let count = 0; count < 4; count++) statuses.push((await me(api, made.json.api_key)).status);
    assert.deepEqual(statuses, [401, 401, 401, 429]);
    assert.equal((await me(api, api.tenantB.api_key)).status, 200);
  }));

test('wrong links are counted like wrong keys, and an address that calls too much signs in no more', () =>
  withApi({ failures: slow(2), address: slow(6) }, async (api) => {
    const statuses: number[] = [];
    for (let count = 0; count < 5; count++)
      statuses.push((await api.ask('/v1/session', { json: { token: 'x'.repeat(43) } }, 0)).status);
    assert.deepEqual(statuses, [404, 404, 404, 429, 429]);
    assert.equal((await api.ask('/healthz')).status, 200);
  }));

test('while the store of the limits is away reads go on under a limit of the node, and what changes something waits', () =>
  withApi({ key: slow(3) }, async (api) => {
    await api.database.admin('alter table sys.rates rename to rates_away');
    try {
      const { api_key: key } = api.tenantA;
      const write = await api.ask('/v1/api-keys', { key, json: { name: 'k' } });
      assert.deepEqual([write.status, write.json.code], [503, 'unavailable']);
      const reads: number[] = [];
      for (let count = 0; count < 4; count++) reads.push((await me(api, key)).status);
      assert.deepEqual(reads, [200, 200, 200, 429]);
    } finally {
      await api.database.admin('alter table sys.rates_away rename to rates');
    }
  }));
