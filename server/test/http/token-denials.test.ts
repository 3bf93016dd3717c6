// Tokens that are taken no more before they end (JW8): one, a session, a person until now; from the next request on, on every node.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, startApi } from './api.ts';
import { openTestIssuer, type TestIssuer } from './issuer.ts';

let issuer: TestIssuer;
let api: Api;
before(async () => {
  issuer = await openTestIssuer();
  api = await startApi({ nodes: 2, issuers: issuer.issuers });
});
after(async () => {
  await api.close();
  await issuer.close();
});

const now = (): number => Math.floor(Date.now() / 1_000);
const map = (tenant: Api['tenantA'], subject: string): Promise<Answer> =>
  api.ask(`/v1/users/${tenant.user_id}/identities`, {
    key: tenant.api_key,
    json: { issuer: issuer.name, subject },
  });
const deny = (kind: string, value: string, key = api.tenantA.api_key, name = issuer.name): Promise<Answer> =>
  api.ask('/v1/token-denials', { key, json: { issuer: name, kind, value } });
const me = (token: string, node = 0, headers: Record<string, string> = {}): Promise<Answer> =>
  api.ask('/v1/me', { key: token, headers }, node);

test('a denied token is refused with the next request on every node, with the one answer, and its neighbours are not', async () => {
  await map(api.tenantA, 'ada');
  const token = issuer.token({ sub: 'ada', jti: 'lost' });
  const other = issuer.token({ sub: 'ada', jti: 'kept' });
  assert.equal((await me(token)).status, 200);
  const denial = await deny('token', 'lost');
  assert.equal(denial.status, 201, denial.text);
  const nobody = await api.ask('/v1/me');
  for (const node of [0, 1]) {
    const answer = await me(token, node);
    assert.deepEqual([answer.status, answer.text], [401, nobody.text]);
    assert.equal((await me(other, node)).status, 200);
  }
  assert.ok(api.lines.some((line) => line.includes('token_denied')));
  const path = `/v1/token-denials/${denial.json.id}`;
  assert.equal((await api.ask(path, { key: api.tenantA.api_key, method: 'DELETE' })).status, 204);
  assert.equal((await me(token)).status, 200, 'what was denied by mistake is good again');
});

test('a denied session takes all its tokens along, those that are issued later too', async () => {
  await map(api.tenantA, 'bob');
  await deny('session', 'session-7');
  assert.equal((await me(issuer.token({ sub: 'bob', sid: 'session-7' }))).status, 401);
  assert.equal((await me(issuer.token({ sub: 'bob', sid: 'session-7', jti: 'later', iat: now() + 5 }))).status, 401);
  assert.equal((await me(issuer.token({ sub: 'bob', sid: 'session-8' }))).status, 200);
  assert.equal((await me(issuer.token({ sub: 'bob', sid: ['session-7'] }))).status, 200, 'a list is no name');
});

test('of a denied person the tokens until now are refused, and those of a new sign-in are taken', async () => {
  await map(api.tenantA, 'eve');
  await deny('subject', 'eve');
  assert.equal((await me(issuer.token({ sub: 'eve', iat: now() - 60, nbf: now() - 60 }))).status, 401);
  assert.equal((await me(issuer.token({ sub: 'eve', jti: undefined, iat: now() - 60, nbf: now() - 60 }))).status, 401);
  assert.equal((await me(issuer.token({ sub: 'eve', iat: now() + 2, nbf: now() }))).status, 200);
});

test('a denial is of its tenant and of its issuer alone', async () => {
  await map(api.tenantA, 'both');
  await map(api.tenantB, 'both');
  await deny('token', 'shared', api.tenantB.api_key);
  await deny('token', 'unshared', api.tenantA.api_key, 'https://other.example/');
  const at = (jti: string, tenant: string): Promise<Answer> =>
    me(issuer.token({ sub: 'both', jti }), 0, { 'sallyport-tenant': tenant });
  assert.equal((await at('shared', api.tenantB.tenant_id)).status, 401);
  assert.equal((await at('shared', api.tenantA.tenant_id)).status, 200);
  assert.equal((await at('unshared', api.tenantA.tenant_id)).status, 200);
  const listed = await api.ask('/v1/token-denials', { key: api.tenantB.api_key });
  assert.deepEqual(
    listed.json.data.map((one: { value: string }) => one.value),
    ['shared'],
  );
});

test('a denial is on record without what it names, ends its use after a day, and a viewer makes none', async () => {
  const { rows } = await api.database.admin("select detail from app.audit where action = 'token.denied' limit 1");
  assert.deepEqual(Object.keys(JSON.parse(String(rows[0]?.detail))), ['of']);
  const key = api.tenantA.api_key;
  await api.database.admin(
    "update app.token_denials set created_at = created_at - interval '26 hours' where tenant_id = $1",
    [api.tenantA.tenant_id],
  );
  await deny('token', newId());
  assert.equal((await api.ask('/v1/token-denials', { key })).json.data.length, 1);
  const viewer = await api.ask('/v1/users', {
    key,
    json: { name: 'v', role: 'viewer', identity: { issuer: issuer.name, subject: 'viewer' } },
  });
  assert.equal(viewer.status, 201);
  assert.equal((await deny('token', 'x', issuer.token({ sub: 'viewer' }))).status, 403);
  for (const json of [
    { issuer: issuer.name, kind: 'all', value: 'x' },
    { issuer: issuer.name, kind: 'token' },
  ])
    assert.equal((await api.ask('/v1/token-denials', { key, json })).status, 400);
});

test('a token is of no use fifteen minutes after it was issued, unless the operator says otherwise', async () => {
  const old = (seconds: number): string =>
    issuer.token({ sub: 'ada', jti: newId(), iat: now() - seconds, nbf: now() - seconds, exp: now() + 3_600 });
  assert.equal((await me(old(890))).status, 200);
  assert.equal((await me(old(940))).status, 401);
});
