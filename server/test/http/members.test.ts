// Roles and users: one table says who may do what, it is asked anew on each request, and nobody rises above themselves.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ROLES, type Role, SCOPES } from '@sallyport/contracts';
import { ROUTES, type Route } from '../../src/http/http.ts';
import { PERMISSIONS } from '../../src/identity/identity.ts';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, type Asked, startApi } from './api.ts';
import { type Browser, openBrowser } from './browser.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const owner = (path: string, asked: Asked = {}): Promise<Answer> =>
  api.ask(path, { ...asked, key: api.tenantA.api_key });
const patch = (id: string, json: object, key = api.tenantA.api_key): Promise<Answer> =>
  api.ask(`/v1/users/${id}`, { method: 'PATCH', key, json });

interface Member {
  readonly id: string;
  readonly browser: Browser;
}
async function addMember(role: Role): Promise<Member> {
  const made = await owner('/v1/users', { json: { name: role, role } });
  assert.equal(made.status, 201, made.text);
  const link = await owner(`/v1/users/${made.json.id}/sign-in-link`, { method: 'POST' });
  assert.equal(link.status, 201, link.text);
  const browser = openBrowser(api);
  assert.equal((await browser.ask('/v1/session', { json: { token: link.json.token } })).status, 204);
  return { id: made.json.id, browser };
}
/** A key of that member, with all that the role allows. */
async function keyOf(member: Member): Promise<{ id: string; api_key: string }> {
  const made = await member.browser.ask('/v1/api-keys', { json: { name: 'own' } });
  assert.equal(made.status, 201, made.text);
  return made.json;
}
async function acts(objectId: string): Promise<string[]> {
  const { rows } = await api.database.admin('select action, outcome from app.audit where object_id = $1 order by id', [
    objectId,
  ]);
  return rows.map((row) => (row.outcome === 'success' ? String(row.action) : `${row.action} ${row.outcome}`));
}

const callable = (route: Route, ask: (path: string, asked: Asked) => Promise<Answer>): Promise<Answer> =>
  ask(
    route.path.replaceAll(/\{(\w+)\}/g, (_all, name) => (name === 'seq' ? '0' : newId())),
    {
      method: route.method,
      ...((route.method === 'POST' || route.method === 'PATCH') && !route.raw ? { json: {} } : {}),
    },
  );

test('every route names an access of the one table, and the table has a row for each scope', () => {
  assert.deepEqual(Object.keys(PERMISSIONS).sort(), [...SCOPES].sort());
  for (const route of ROUTES)
    assert.ok(
      ['public', 'known', 'tenant', 'operator', ...SCOPES].includes(route.access),
      `${route.method} ${route.path}: ${route.access}`,
    );
  for (const [scope, roles] of Object.entries(PERMISSIONS)) {
    assert.ok(roles.includes('owner'), scope);
    assert.ok(roles.every((role) => ROLES.includes(role)));
  }
});

test('one key answers on every route as the role of its user says at that moment', async () => {
  const member = await addMember('owner');
  const { api_key: key } = await keyOf(member);
  for (const role of [...ROLES].reverse()) {
    assert.equal((await patch(member.id, { role })).status, 200);
    const me = await api.ask('/v1/me', { key });
    assert.equal(me.json.role, role);
    assert.deepEqual(
      me.json.scopes,
      SCOPES.filter((scope) => PERMISSIONS[scope].includes(role)),
    );
    for (const route of ROUTES.filter((one) => one.access !== 'public')) {
      const answer = await callable(route, (path, asked) => api.ask(path, { ...asked, key }));
      const { access } = route;
      const allowed =
        access === 'tenant' ||
        access === 'known' ||
        (access !== 'operator' && PERMISSIONS[access as never as (typeof SCOPES)[number]].includes(role));
      assert.equal(answer.status === 403, !allowed, `${route.method} ${route.path} as ${role}: ${answer.status}`);
    }
  }
});

test('a disabled user loses keys and sessions with the next request, and has them back when enabled', async () => {
  const member = await addMember('developer');
  const { api_key: key } = await keyOf(member);
  assert.equal((await api.ask('/v1/me', { key })).status, 200);
  assert.equal((await patch(member.id, { state: 'disabled' })).status, 200);
  assert.equal((await api.ask('/v1/me', { key })).status, 401);
  assert.equal((await member.browser.ask('/v1/me')).status, 401);
  const link = await owner(`/v1/users/${member.id}/sign-in-link`, { method: 'POST' });
  assert.deepEqual([link.status, link.json.code], [409, 'conflict']);
  assert.equal((await patch(member.id, { state: 'active' })).status, 200);
  assert.equal((await api.ask('/v1/me', { key })).status, 200);
  assert.deepEqual(await acts(member.id), ['user.created', 'link.created', 'user.disabled', 'user.enabled']);
});

test('the last owner can be neither disabled nor demoted, not even by two requests at once', async () => {
  const { user_id: first, api_key: key } = api.tenantB;
  const change = (id: string, json: object): Promise<Answer> => patch(id, json, key);
  for (const json of [{ state: 'disabled' }, { role: 'admin' }])
    assert.deepEqual([(await change(first, json)).status], [409], JSON.stringify(json));
  const second = await api.ask('/v1/users', { key, json: { name: 'second', role: 'owner' } });
  const both = await Promise.all([
    change(first, { role: 'admin' }),
    change(second.json.id, { role: 'admin' }),
    change(second.json.id, { state: 'disabled' }),
  ]);
  const { rows } = await api.database.admin(
    "select count(*)::int as n from app.users where tenant_id = $1 and role = 'owner' and state = 'active'",
    [api.tenantB.tenant_id],
  );
  assert.ok(Number(rows[0]?.n) >= 1, both.map((one) => one.text).join('\n'));
  assert.ok(both.some((one) => one.status !== 200));
});

test('nobody gives a role above their own, nor changes, enters for or stops the key of somebody above', async () => {
  const admin = await addMember('admin');
  const { user_id: ownerId } = api.tenantA;
  const ask = admin.browser.ask;
  const standing = await owner('/v1/api-keys', { json: { name: 'of the owner' } });
  const refused: readonly (readonly [string, Asked])[] = [
    ['/v1/users', { json: { name: 'x', role: 'owner' } }],
    [`/v1/users/${admin.id}`, { method: 'PATCH', json: { role: 'owner' } }],
    [`/v1/users/${ownerId}`, { method: 'PATCH', json: { state: 'disabled' } }],
    [`/v1/users/${ownerId}`, { method: 'PATCH', json: { name: 'renamed' } }],
    [`/v1/users/${ownerId}/sign-in-link`, { method: 'POST' }],
    [`/v1/api-keys/${standing.json.id}/revoke`, { method: 'POST' }],
    [`/v1/api-keys/${standing.json.id}/rotate`, { method: 'POST', json: {} }],
  ];
  for (const [path, asked] of refused) {
    const answer = await ask(path, asked);
    assert.deepEqual([answer.status, answer.json?.code], [403, 'forbidden'], path);
  }
  const viewer = await addMember('viewer');
  assert.equal((await ask(`/v1/users/${viewer.id}`, { method: 'PATCH', json: { role: 'admin' } })).status, 200);
});

test('a key lends nobody more than it may do itself, not even to its own user', async () => {
  const target = await addMember('viewer');
  const make = async (json: object): Promise<string> => {
    const made = await owner('/v1/api-keys', { json: { name: 'x', ...json } });
    return made.json.api_key;
  };
  const keys = { narrow: await make({ scopes: ['users:write'] }), trial: await make({ env: 'test' }) };
  for (const [name, key] of Object.entries(keys)) {
    const refused: readonly (readonly [string, Asked])[] = [
      [`/v1/users/${api.tenantA.user_id}/sign-in-link`, { method: 'POST' }],
      [`/v1/users/${target.id}/sign-in-link`, { method: 'POST' }],
      [`/v1/users/${target.id}`, { method: 'PATCH', json: { role: 'owner' } }],
      ['/v1/users', { json: { name: 'x', role: 'owner' } }],
    ];
    for (const [path, asked] of refused)
      assert.equal((await api.ask(path, { ...asked, key })).status, 403, `${name}: ${path}`);
  }
  // What gives no right is still theirs; and a key that holds the rights of a viewer may enter as one.
  for (const json of [{ name: 'renamed' }, { state: 'disabled' }, { state: 'active' }])
    assert.equal((await patch(target.id, json, keys.narrow)).status, 200, JSON.stringify(json));
  const ofViewer = ['runs:read', 'artifacts:read', 'entities:read', 'approvals:read', 'skills:read'];
  const wide = await make({ scopes: ['users:write', 'users:read', ...ofViewer] });
  const link = await api.ask(`/v1/users/${target.id}/sign-in-link`, { method: 'POST', key: wide });
  assert.equal(link.status, 201, link.text);
});

test('a developer stops and rotates own keys alone; an admin stops those of others and rotates none', async () => {
  const developer = await addMember('developer');
  const other = await keyOf(await addMember('developer'));
  const own = await keyOf(developer);
  const { ask } = developer.browser;
  assert.equal((await ask(`/v1/api-keys/${other.id}/revoke`, { method: 'POST' })).status, 403);
  assert.equal((await ask(`/v1/api-keys/${other.id}`, { method: 'DELETE' })).status, 403);
  const rotated = await ask(`/v1/api-keys/${own.id}/rotate`, { json: {} });
  assert.equal(rotated.status, 201, rotated.text);
  assert.equal((await api.ask('/v1/me', { key: own.api_key })).status, 401);
  assert.equal((await owner(`/v1/api-keys/${other.id}/rotate`, { json: {} })).status, 403);
  assert.equal((await owner(`/v1/api-keys/${other.id}/revoke`, { method: 'POST' })).status, 200);
  assert.equal((await api.ask('/v1/me', { key: other.api_key })).status, 401);
});

test('the operator suspends and resumes a tenant: its keys and sessions stop and come back, and the tenant can read who did it', async () => {
  const made = await api.ask('/v1/tenants', { key: api.operatorKey, json: { name: 'suspended' } });
  const { tenant_id: id, api_key: key } = made.json;
  const operator = (path: string, asked: Asked = {}): Promise<Answer> =>
    api.ask(path, { method: 'POST', ...asked, key: api.operatorKey });
  const suspended = await operator(`/v1/tenants/${id}/suspend`);
  assert.deepEqual([suspended.status, suspended.json.state], [200, 'suspended']);
  assert.equal((await api.ask('/v1/me', { key })).status, 401);
  assert.equal((await operator(`/v1/tenants/${id}/resume`)).json.state, 'active');
  assert.equal((await api.ask('/v1/me', { key })).status, 200);
  const changed = await operator(`/v1/tenants/${id}`, { method: 'PATCH', json: { key_max_age: 3_600, key_limit: 2 } });
  assert.deepEqual([changed.json.key_max_age, changed.json.key_limit, changed.json.name], [3_600, 2, 'suspended']);
  const long = await api.ask('/v1/api-keys', { key, json: { name: 'long', expires_in: 3_601 } });
  assert.deepEqual([long.status, long.json.errors[0].path], [400, '/expires_in']);
  const fitting = await api.ask('/v1/api-keys', { key, json: { name: 'unsaid' } });
  assert.equal(fitting.status, 201);
  assert.ok(Date.parse(fitting.json.expires_at) - Date.parse(fitting.json.created_at) <= 3_601_000);
  const many = await Promise.all(
    Array.from({ length: 4 }, () => api.ask('/v1/api-keys', { key, json: { name: 'third' } })),
  );
  assert.deepEqual(
    many.map((one) => one.status),
    [409, 409, 409, 409],
  );
  assert.equal((await operator(`/v1/tenants/${newId()}/suspend`)).status, 404);
  assert.deepEqual(await acts(id), ['tenant.created', 'tenant.suspended', 'tenant.resumed', 'tenant.changed']);
});
