import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCOPES } from '@sallyport/contracts';
import { ROUTES, type Route } from '../../src/http/http.ts';
import { generateKey, parseKey } from '../../src/identity/identity.ts';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, sendRaw, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const pathOf = (route: Route): string =>
  route.path.replaceAll(/\{(\w+)\}/g, (_all, name) => (name === 'seq' ? '0' : newId()));
const call = (route: Route, key: string | undefined): Promise<Answer> =>
  api.ask(pathOf(route), { method: route.method, key, ...(route.method === 'POST' && !route.raw ? { json: {} } : {}) });
const makeKey = async (scopes: readonly string[]): Promise<{ id: string; api_key: string }> => {
  const made = await api.ask('/v1/api-keys', { key: api.tenantA.api_key, json: { name: 'k', scopes } });
  assert.equal(made.status, 201, made.text);
  return made.json;
};

test('every bad credential has the same answer on every route that needs one', async () => {
  const good = parseKey(api.tenantA.api_key);
  assert.ok(good !== undefined);
  const revoked = await makeKey(['runs:read']);
  assert.equal(
    (await api.ask(`/v1/api-keys/${revoked.id}/revoke`, { key: api.tenantA.api_key, method: 'POST' })).status,
    200,
  );
  const expired = await makeKey(['runs:read']);
  await api.database.admin("update app.api_keys set expires_at = now() - interval '1 hour' where id = $1", [
    expired.id,
  ]);
  const bad: Record<string, string | undefined> = {
    none: undefined,
    garbled: 'sp_live_x',
    'another scheme': 'x y',
    unknown: generateKey('live').text,
    'unknown operator': generateKey('op').text,
    revoked: revoked.api_key,
    expired: expired.api_key,
  };
  let expected: string | undefined;
  for (const route of ROUTES.filter((one) => one.access !== 'public'))
    for (const [name, key] of Object.entries(bad)) {
      const answer = await call(route, key);
      assert.equal(answer.status, 401, `${route.method} ${route.path} with ${name}`);
      assert.equal(answer.headers.get('www-authenticate'), 'Bearer');
      expected ??= answer.text;
      assert.equal(answer.text, expected, `${route.method} ${route.path} with ${name}`);
    }
});

test('a key without the scope of a route is forbidden there, and with it is let in', async () => {
  const keys = new Map<string, string>();
  for (const scope of SCOPES) keys.set(scope, (await makeKey([scope])).api_key);
  for (const route of ROUTES.filter((one) => one.access !== 'public' && one.access !== 'operator')) {
    for (const [scope, key] of keys) {
      const answer = await call(route, key);
      const allowed = route.access === 'tenant' || route.access === 'known' || route.access === scope;
      assert.equal(answer.status === 403, !allowed, `${route.method} ${route.path} with ${scope}: ${answer.status}`);
      assert.ok(answer.status < 500, `${route.method} ${route.path} with ${scope}: ${answer.text}`);
    }
  }
});

test('the operator opens operator routes only, and no tenant key opens those', async () => {
  for (const route of ROUTES) {
    if (route.access === 'public') continue;
    const operator = await call(route, api.operatorKey);
    const tenant = await call(route, api.tenantA.api_key);
    assert.equal(
      operator.status === 403,
      route.access !== 'operator' && route.access !== 'known',
      `${route.method} ${route.path}: ${operator.status}`,
    );
    assert.equal(tenant.status === 403, route.access === 'operator', `${route.method} ${route.path}: ${tenant.status}`);
  }
});

test('a key in the URL is refused in every spelling and is stopped, a made-up one is only refused', async () => {
  const spellings = [
    (key: string) => `/v1/runs?api_key=${key}`,
    (key: string) => `/v1/runs?x=${key.replaceAll('_', '%5F')}`,
    (key: string) => `/healthz?${key}`,
    (key: string) => `/v1/runs/${key}`,
    (key: string) => `/nowhere/%ZZ?k=${key}`,
  ];
  for (const spell of spellings) {
    const { api_key: key } = await makeKey(['runs:read']);
    assert.equal((await api.ask('/v1/me', { key })).status, 200);
    const refused = await api.ask(spell(key));
    assert.deepEqual([refused.status, refused.json.code], [400, 'credential_in_url'], spell('KEY'));
    assert.equal((await api.ask('/v1/me', { key })).status, 401, `${spell('KEY')} stops the key`);
    const made = await api.ask(spell(generateKey('live').text));
    assert.equal(made.text, refused.text, 'a genuine key is not told apart');
  }
});

test('two Authorization headers are refused, even if they agree', async () => {
  const line = `Authorization: Bearer ${api.tenantA.api_key}`;
  const url = api.nodes[0]?.url ?? '';
  const text = await sendRaw(url, ['GET /v1/me HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close', line, line]);
  assert.match(text, /^HTTP\/1\.1 400 /);
  assert.match(text, /"code":"conflicting_credentials"/);
});

test('a key makes no key with more rights than its own, and its text is shown once', async () => {
  const small = await makeKey(['keys:write', 'keys:read', 'runs:read']);
  const beyond = await api.ask('/v1/api-keys', { key: small.api_key, json: { name: 'x', scopes: ['runs:write'] } });
  assert.equal(beyond.status, 403);
  const same = await api.ask('/v1/api-keys', { key: small.api_key, json: { name: 'x' } });
  assert.deepEqual(same.json.scopes, ['runs:read', 'keys:read', 'keys:write']);
  const secret = parseKey(same.json.api_key)?.secret ?? '?';
  const shown = await api.ask(`/v1/api-keys/${same.json.id}`, { key: small.api_key });
  const listed = await api.ask('/v1/api-keys?limit=100', { key: small.api_key });
  assert.equal(shown.status, 200);
  assert.ok(!shown.text.includes(secret) && !listed.text.includes(secret));
});

test('the last use of a key is kept, coarsely', async () => {
  const { id, api_key: key } = await makeKey(['keys:read']);
  await api.ask('/v1/me', { key });
  for (;;) {
    const shown = await api.ask(`/v1/api-keys/${id}`, { key });
    if (shown.json.last_used_at !== null) break;
  }
});

test('whom a key stands for is told', async () => {
  const me = await api.ask('/v1/me', { key: api.tenantB.api_key });
  assert.deepEqual(
    [me.json.tenant_id, me.json.user_id, me.json.scopes],
    [api.tenantB.tenant_id, api.tenantB.user_id, [...SCOPES]],
  );
});
