// Signing in, staying in, and all the ways in which somebody else's page, host or cookie must not do it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SCOPES } from '@sallyport/contracts';
import { createSetupToken } from '../../src/identity/identity.ts';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, startApi } from './api.ts';
import { type Browser, openBrowser, readCookie } from './browser.ts';

let api: Api;
before(async () => {
  api = await startApi();
});
after(() => api.close());

const link = (tenant = api.tenantA): Promise<string> =>
  createSetupToken(api.database.api, tenant.tenant_id, tenant.user_id);
const signIn = async (tenant = api.tenantA): Promise<Browser> => {
  const browser = openBrowser(api);
  const answer = await browser.ask('/v1/session', { json: { token: await link(tenant) } });
  assert.equal(answer.status, 204, answer.text);
  return browser;
};
const makeRun = { json: { skill: 'web-digest', task: 'Read.' } };

test('fifty claims of one link give one session; every other claim is the same missing thing', async () => {
  const token = await link();
  const late = await link();
  const open = (text: string): Promise<Answer> => api.ask('/v1/session', { json: { token: text } });
  const claims = await Promise.all(Array.from({ length: 50 }, () => open(token)));
  const won = claims.filter((claim) => claim.status === 204);
  assert.equal(won.length, 1);
  assert.equal(claims.filter((claim) => claim.headers.getSetCookie().length > 0).length, 1);
  await api.database.admin("update sys.setup_links set expires_at = now() - interval '1 second' where used_at is null");
  const missing = await api.ask(`/v1/runs/${newId()}`, { key: api.tenantA.api_key });
  const refused = [...claims.filter((claim) => claim.status !== 204), await open(late), await open('x'.repeat(43))];
  for (const claim of refused) assert.deepEqual([claim.status, claim.text], [404, missing.text]);
  const rows = await api.database.admin('select digest from app.sessions where tenant_id = $1', [
    api.tenantA.tenant_id,
  ]);
  assert.equal(rows.rows.length, 1);
  const cookie = readCookie(won[0]);
  assert.ok(!JSON.stringify(rows.rows).includes(Buffer.from(cookie?.value ?? '?').toString('hex')));
});

test('a session is who it was opened for, and says until when', async () => {
  const browser = await signIn();
  const session = await browser.ask('/v1/session');
  assert.equal(session.status, 200, session.text);
  const { created_at, expires_at, ...who } = session.json;
  assert.deepEqual(who, {
    tenant_id: api.tenantA.tenant_id,
    tenant_name: 'A',
    user_id: api.tenantA.user_id,
    user_name: 'owner',
    role: 'owner',
    api_key_id: null,
    scopes: [...SCOPES],
  });
  assert.equal(Date.parse(expires_at) - Date.parse(created_at) <= 12 * 3_600_000 + 60_000, true);
  const me = await browser.ask('/v1/me');
  assert.deepEqual([me.json.user_id, me.json.api_key_id], [api.tenantA.user_id, null]);
  const run = await browser.ask('/v1/runs', makeRun);
  assert.equal(run.status, 201, run.text);
  const { rows } = await api.database.admin('select user_id, api_key_id from app.runs where id = $1', [run.json.id]);
  assert.deepEqual(rows, [{ user_id: api.tenantA.user_id, api_key_id: null }]);
});

test('a session that was made from a key holds its scopes and ends with it', async () => {
  const made = await api.ask('/v1/api-keys', {
    key: api.tenantA.api_key,
    json: { name: 'small', scopes: ['runs:read'] },
  });
  const browser = openBrowser(api);
  assert.equal((await browser.ask('/v1/session', { method: 'POST', key: made.json.api_key })).status, 204);
  const session = await browser.ask('/v1/session');
  assert.deepEqual([session.json.scopes, session.json.api_key_id], [['runs:read'], made.json.id]);
  assert.equal((await browser.ask('/v1/runs', makeRun)).status, 403);
  assert.equal((await browser.ask('/v1/runs')).status, 200);
  await api.ask(`/v1/api-keys/${made.json.id}/revoke`, { key: api.tenantA.api_key, method: 'POST' });
  assert.equal((await browser.ask('/v1/runs')).status, 401);
});

test('only a key of a tenant opens a session, and never together with a link', async () => {
  const open = (asked: object): Promise<Answer> => api.ask('/v1/session', { method: 'POST', ...asked });
  const token = await link();
  const cases: readonly (readonly [string, object, number, string])[] = [
    ['nothing', {}, 400, 'invalid_request'],
    ['a wrong key', { key: `${api.tenantA.api_key.slice(0, -1)}!` }, 401, 'unauthenticated'],
    ['the operator', { key: api.operatorKey }, 403, 'forbidden'],
    ['both', { key: api.tenantA.api_key, json: { token } }, 400, 'conflicting_credentials'],
    ['more than a token', { json: { token, tenant_id: api.tenantB.tenant_id } }, 400, 'invalid_request'],
    ['a form', { body: `token=${token}`, headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
  ];
  for (const [name, asked, status, code] of cases) {
    const answer = await open(asked);
    assert.deepEqual([answer.status, answer.json.code, answer.headers.getSetCookie()], [status, code, []], name);
  }
  assert.equal((await open({ json: { token } })).status, 204, 'no refusal used the link up');
});

test('signing out ends the session for every copy of its cookie', async () => {
  const browser = await signIn();
  const copy = browser.copy();
  const out = await browser.ask('/v1/session', { method: 'DELETE' });
  assert.equal(out.status, 204);
  assert.equal(browser.cookie, undefined, 'the cookie is taken away');
  assert.equal((await copy.ask('/v1/me')).status, 401);
  assert.equal((await api.ask('/v1/session', { method: 'DELETE', key: api.tenantA.api_key })).status, 404);
  assert.equal((await api.ask('/v1/session', { key: api.tenantA.api_key })).status, 404);
});

test('a token that was planted becomes no session, and signing in again ends the one before', async () => {
  const browser = openBrowser(api);
  browser.cookie = { name: 'sallyport', value: 'A'.repeat(43) };
  assert.equal((await browser.ask('/v1/me')).status, 401);
  await browser.ask('/v1/session', { json: { token: await link() } });
  assert.notEqual(browser.cookie.value, 'A'.repeat(43));
  const before = browser.copy();
  assert.equal((await before.ask('/v1/me')).status, 200);
  assert.equal((await browser.ask('/v1/session', { json: { token: await link() } })).status, 204);
  assert.equal((await browser.ask('/v1/me')).status, 200);
  assert.equal((await before.ask('/v1/me')).status, 401);
});

test('two cookies of our name, and a cookie beside a key, are refused', async () => {
  const browser = await signIn();
  const value = browser.cookie?.value ?? '';
  const twice = await api.ask('/v1/me', { headers: { cookie: `sallyport=${'A'.repeat(43)}; sallyport=${value}` } });
  assert.deepEqual([twice.status, twice.json.code], [400, 'conflicting_credentials']);
  const both = await browser.ask('/v1/me', { key: api.tenantA.api_key });
  assert.deepEqual([both.status, both.json.code], [400, 'conflicting_credentials']);
  const other = await api.ask('/v1/me', {
    headers: { cookie: `sallyports=${value}; xsallyport=${value}; theme=dark` },
  });
  assert.equal(other.status, 401);
  const among = await api.ask('/v1/me', { headers: { cookie: `theme=dark; sallyport=${value} ;x` } });
  assert.equal(among.status, 200);
});

test('a session ends at its time, slides while it is used, and never past seven days', async () => {
  const browser = await signIn();
  const { user_id: user } = api.tenantA;
  const set = (text: string): Promise<unknown> =>
    api.database.admin(`update app.sessions set ${text} where ended_at is null and user_id = $1`, [user]);
  const expiry = async (): Promise<number> => Date.parse((await browser.ask('/v1/session')).json.expires_at);
  await set("last_used_at = now() - interval '2 hours', expires_at = now() + interval '1 hour'");
  const started = Date.now();
  while ((await expiry()) - started < 11 * 3_600_000)
    assert.ok(Date.now() - started < 20_000, 'it slides when it is used');
  const second = await signIn();
  await set(
    `created_at = now() - interval '167 hours', last_used_at = now() - interval '2 hours', expires_at = now() + interval '30 minutes'`,
  );
  const expiryOf = async (): Promise<number> =>
    Date.parse((await second.ask('/v1/session')).json.expires_at) - Date.now();
  while ((await expiryOf()) < 31 * 60_000) assert.ok(Date.now() - started < 40_000, 'it slides to the last hour');
  assert.ok((await expiryOf()) <= 3_600_000);
  await set("expires_at = now() - interval '1 second'");
  for (const one of [browser, second]) assert.equal((await one.ask('/v1/me')).status, 401);
});

test('a disabled user and a suspended tenant have no session from then on', async () => {
  const browser = await signIn(api.tenantB);
  const status = async (): Promise<number> => (await browser.ask('/v1/me')).status;
  const { tenant_id: tenant } = api.tenantB;
  for (const [off, on] of [
    [
      "update app.users set state = 'disabled' where tenant_id = $1",
      "update app.users set state = 'active' where tenant_id = $1",
    ],
    [
      "update app.tenants set state = 'suspended' where tenant_id = $1",
      "update app.tenants set state = 'active' where tenant_id = $1",
    ],
  ] as const) {
    assert.equal(await status(), 200);
    await api.database.admin(off, [tenant]);
    assert.equal(await status(), 401);
    await api.database.admin(on, [tenant]);
  }
  await api.database.admin("update app.users set role = 'viewer' where tenant_id = $1", [tenant]);
  assert.equal((await browser.ask('/v1/runs', makeRun)).status, 403, 'the role is read anew');
  assert.equal((await browser.ask('/v1/runs')).status, 200);
  await api.database.admin("update app.users set role = 'owner' where tenant_id = $1", [tenant]);
});

const own = (): string => api.nodes[0]?.url ?? '';
const PAGES: readonly (readonly [string, () => Record<string, string>, boolean])[] = [
  ['our page', () => ({ origin: own(), 'sec-fetch-site': 'same-origin', 'x-sallyport-request': '1' }), true],
  ['our page, old browser', () => ({ origin: own(), 'x-sallyport-request': '1' }), true],
  ['our page without Origin', () => ({ 'sec-fetch-site': 'same-origin', 'x-sallyport-request': '1' }), true],
  ['our page without the mark', () => ({ origin: own(), 'sec-fetch-site': 'same-origin' }), false],
  ['another mark', () => ({ origin: own(), 'x-sallyport-request': 'yes' }), false],
  ['the mark alone', () => ({ 'x-sallyport-request': '1' }), false],
  ['nothing', () => ({}), false],
  [
    'another site',
    () => ({ origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'x-sallyport-request': '1' }),
    false,
  ],
  [
    'another port',
    () => ({ origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site', 'x-sallyport-request': '1' }),
    false,
  ],
  ['another scheme', () => ({ origin: own().replace('http:', 'https:'), 'x-sallyport-request': '1' }), false],
  ['a sandboxed page', () => ({ origin: 'null', 'sec-fetch-site': 'cross-site', 'x-sallyport-request': '1' }), false],
  ['an address typed in', () => ({ 'sec-fetch-site': 'none', 'x-sallyport-request': '1' }), false],
  ['signs that disagree', () => ({ origin: own(), 'sec-fetch-site': 'cross-site', 'x-sallyport-request': '1' }), false],
  ['a garbled origin', () => ({ origin: `${own()}.evil.example`, 'x-sallyport-request': '1' }), false],
];

test('with a cookie only a page of ours changes anything, whatever it calls', async () => {
  const browser = await signIn();
  const { name, value } = browser.cookie ?? { name: '', value: '' };
  const calls = [
    ['POST', '/v1/runs'],
    ['POST', `/v1/runs/${newId()}/cancel`],
    ['POST', '/v1/api-keys'],
    ['POST', '/v1/artifacts'],
    ['DELETE', `/v1/api-keys/${newId()}`],
    ['DELETE', `/v1/artifacts/${newId()}`],
  ] as const;
  for (const [page, headers, ours] of PAGES)
    for (const [method, path] of calls) {
      const answer = await api.ask(path, { method, headers: { cookie: `${name}=${value}`, ...headers() } }, 0);
      assert.equal(answer.status === 403, !ours, `${method} ${path} from ${page}: ${answer.status}`);
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
  const sneaky = await api.ask('/v1/session', { method: 'DELETE', headers: { cookie: `${name}=${value}` } });
  assert.equal(sneaky.status, 403);
  assert.equal((await browser.ask('/v1/me')).status, 200);
  const read = await api.ask('/v1/me', { headers: { cookie: `${name}=${value}` } });
  assert.equal(read.status, 200, 'reading needs no mark: an address may be opened in a tab');
});

test('a page of another origin signs nobody in', async () => {
  for (const headers of [
    { origin: 'https://evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'null' },
  ] as Record<string, string>[]) {
    const byLink = await api.ask('/v1/session', { json: { token: await link() }, headers });
    const byKey = await api.ask('/v1/session', { method: 'POST', key: api.tenantA.api_key, headers });
    for (const answer of [byLink, byKey])
      assert.deepEqual([answer.status, answer.headers.getSetCookie()], [403, []], JSON.stringify(headers));
  }
});
