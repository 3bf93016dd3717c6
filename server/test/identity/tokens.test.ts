// Tokens of issuers over the API: a table of forged ones that all have the one answer, and who a good one stands for.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTokenIssuers, generateKey, readIssuers, type TokenIssuers } from '../../src/identity/identity.ts';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, sendRaw, startApi } from '../http/api.ts';
import { openBrowser } from '../http/browser.ts';
import { AUDIENCE, encode, goodClaims, goodHeader, makeKey, makeToken, type Part, signText } from '../http/issuer.ts';

const FIRST = 'https://first.example/';
const SECOND = 'https://second.example/';
const LOOSE = 'https://loose.example/';
const now = Math.floor(Date.now() / 1_000);

const rsa = makeKey('RS256', 'rsa');
const pss = makeKey('PS256', 'pss');
const ec = makeKey('ES256', 'ec');
const ed = makeKey('EdDSA', 'ed');
const weak = makeKey('RS256', 'weak', 1024);
const stranger = makeKey('ES256', 'ec');
/** Of the second issuer, under the id that a key of the first has. */
const crossed = makeKey('ES256', 'ec');
const octets = { kty: 'oct', kid: 'shared', alg: 'HS256', k: encode('x'.repeat(32)) };

let folder: string;
let api: Api;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-tokens-'));
  const write = async (name: string, keys: readonly Part[]): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify({ keys }));
    return path;
  };
  const first = await write('first.json', [rsa, pss, ec, ed, weak].map((key) => key.jwk).concat(octets));
  const second = await write('second.json', [crossed.jwk]);
  const settings = [
    { issuer: FIRST, audience: AUDIENCE, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'], key_set_file: first },
    { issuer: SECOND, audience: AUDIENCE, algorithms: ['ES256'], key_set_file: second },
    {
      issuer: LOOSE,
      audience: AUDIENCE,
      algorithms: ['ES256'],
      key_set_file: second,
      token_type: 'jwt',
      use_scopes: true,
    },
  ];
  api = await startApi({ issuers: openIssuers(settings) });
  await map(api.tenantA, FIRST, 'somebody');
});
after(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

function openIssuers(settings: readonly object[]): TokenIssuers {
  return createTokenIssuers(readIssuers(JSON.stringify(settings)), {
    read: () => Promise.reject(new TypeError('the keys are in files')),
    monotonic: () => performance.now(),
    onFault: () => undefined,
  });
}
async function map(tenant: { user_id: string; api_key: string }, issuer: string, subject: string): Promise<string> {
  const path = `/v1/users/${tenant.user_id}/identities`;
  const made = await api.ask(path, { key: tenant.api_key, json: { issuer, subject } });
  assert.equal(made.status, 201, made.text);
  return made.json.id;
}
const me = (token: string, headers: Record<string, string> = {}): Promise<Answer> =>
  api.ask('/v1/me', { key: token, headers });
const claims = (changed: Part = {}, issuer = FIRST): Part => {
  const all: Record<string, unknown> = { ...goodClaims(issuer, now), ...changed };
  for (const [name, value] of Object.entries(all)) if (value === undefined) delete all[name];
  return all;
};
const ecToken = (changed: Part = {}, header: Part = {}): string =>
  makeToken(ec, { ...goodHeader(ec), ...header }, claims(changed));

test('a good token of each allowed algorithm lets its person in', async () => {
  for (const key of [rsa, pss, ec, ed]) {
    const answer = await me(makeToken(key, goodHeader(key), claims()));
    assert.deepEqual(
      [answer.status, answer.json.tenant_id, answer.json.user_id, answer.json.api_key_id, answer.json.role],
      [200, api.tenantA.tenant_id, api.tenantA.user_id, null, 'owner'],
      key.alg,
    );
  }
  assert.equal((await me(ecToken({ aud: ['other', AUDIENCE], exp: now + 86_400 }))).status, 200);
  assert.equal((await me(ecToken({}, { typ: 'application/at+jwt' }))).status, 200);
});

/** The signature of the header and claims as the attacker wants them. */
function forge(header: Part, body: Part, signature: (text: string) => string): string {
  const text = `${encode(header)}.${encode(body)}`;
  return `${text}.${signature(text)}`;
}
const hmac =
  (secret: string | Buffer) =>
  (text: string): string =>
    createHmac('sha256', secret).update(text).digest('base64url');

function forgeries(): Record<string, string> {
  const good = ecToken();
  const [head = '', body = '', signature = ''] = good.split('.');
  const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ownJwk = own.publicKey.export({ format: 'jwk' });
  const bySelf = (text: string): string =>
    sign('sha256', Buffer.from(text), { key: own.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const raw = (header: string, payload: string): string => {
    const text = `${encode(header)}.${encode(payload)}`;
    return `${text}.${signText(ec, text)}`;
  };
  const headerText = JSON.stringify(goodHeader(ec));
  const claimsText = JSON.stringify(claims());
  const header = goodHeader(ec);
  return {
    'none, without a signature': `${encode({ ...header, alg: 'none' })}.${body}.`,
    'none, with the old signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
    'None in another case': `${encode({ ...header, alg: 'NoNe' })}.${body}.${signature}`,
    'HS256 with the public key as its secret': forge({ ...header, alg: 'HS256', kid: 'rsa' }, claims(), hmac(pem)),
    'HS256 with the modulus as its secret': forge(
      { ...header, alg: 'HS256', kid: 'rsa' },
      claims(),
      hmac(Buffer.from(String(rsa.jwk.n), 'base64url')),
    ),
    'HS256 with a shared secret of the set': forge(
      { ...header, alg: 'HS256', kid: 'shared' },
      claims(),
      hmac('x'.repeat(32)),
    ),
    'HS256 named for a key of another type': forge({ ...header, alg: 'HS256' }, claims(), hmac('x')),
    'an algorithm that fits another key': makeToken(rsa, { ...goodHeader(rsa), kid: 'ec' }, claims()),
    'RS256 by a key for PS256': makeToken(pss, { ...goodHeader(pss), alg: 'RS256' }, claims()),
    'PS256 by a key for RS256': makeToken(rsa, { ...goodHeader(rsa), alg: 'PS256' }, claims()),
    'an RSA key of 1024 bits': makeToken(weak, goodHeader(weak), claims()),
    'ES384, which nobody named': makeToken(ec, { ...header, alg: 'ES384' }, claims()),
    'the key of a stranger under a known id': makeToken(stranger, goodHeader(stranger), claims()),
    'the key of another issuer under the same id': makeToken(crossed, goodHeader(crossed), claims()),
    'a key of its own in jwk': forge({ ...header, jwk: ownJwk }, claims(), bySelf),
    'a key of its own in jwk and no kid': forge({ alg: 'ES256', typ: 'at+jwt', jwk: ownJwk }, claims(), bySelf),
    'a key of its own at jku': forge({ ...header, jku: 'https://evil.example/k' }, claims(), bySelf),
    'a key of its own at x5u': forge({ ...header, x5u: 'https://evil.example/c' }, claims(), bySelf),
    'a certificate of its own in x5c': forge({ ...header, x5c: ['MIIB'] }, claims(), bySelf),
    'an extension that must be understood': ecToken({}, { crit: ['exp'], exp: now + 600 }),
    'an extension that is an empty list': ecToken({}, { crit: [] }),
    'an unencoded payload': ecToken({}, { b64: false, crit: ['b64'] }),
    'an unknown kid': ecToken({}, { kid: 'unknown' }),
    'no kid': ecToken({}, { kid: undefined }),
    'a kid that is a path': ecToken({}, { kid: '../../etc/passwd ' }),
    'a kid that is a statement': ecToken({}, { kid: "' or 1=1 --" }),
    'a kid that is a number': ecToken({}, { kid: 1 }),
    'a kid that is long': ecToken({}, { kid: 'k'.repeat(129) }),
    'a kid that is a property of every object': ecToken({}, { kid: 'constructor' }),
    'an ID token by its type': ecToken({}, { typ: 'JWT' }),
    'no type': ecToken({}, { typ: undefined }),
    'an ID token by its nonce': ecToken({ nonce: 'n' }),
    'an ID token by its at_hash': ecToken({ at_hash: 'h' }),
    'another issuer': ecToken({ iss: 'https://evil.example/' }),
    'an issuer without its slash': ecToken({ iss: FIRST.slice(0, -1) }),
    'an issuer in another case': ecToken({ iss: FIRST.toUpperCase() }),
    'a list of issuers': ecToken({ iss: [FIRST] }),
    'no issuer': ecToken({ iss: undefined }),
    'another audience': ecToken({ aud: 'other' }),
    'a list of other audiences': ecToken({ aud: ['a', 'b'] }),
    'no audience': ecToken({ aud: undefined }),
    expired: ecToken({ iat: now - 1_000, nbf: now - 1_000, exp: now - 61 }),
    'without an end': ecToken({ exp: undefined }),
    'an end that is a text': ecToken({ exp: String(now + 600) }),
    'an end that is endless': ecToken({ exp: 1e300 }),
    'not yet good': ecToken({ nbf: now + 120 }),
    'issued in the future': ecToken({ iat: now + 120, exp: now + 900 }),
    'without a time of issue': ecToken({ iat: undefined }),
    'older than the maximum age with its end far off': ecToken({
      iat: now - 3_700,
      nbf: now - 3_700,
      exp: now + 86_400,
    }),
    'no subject': ecToken({ sub: undefined }),
    'a subject that is a number': ecToken({ sub: 1 }),
    'a subject with a line break': ecToken({ sub: 'somebody\n' }),
    'a subject that is not mapped': ecToken({ sub: 'nobody' }),
    'a tenant claim and nothing else': ecToken({ sub: 'nobody', tenant_id: api.tenantA.tenant_id, role: 'owner' }),
    'bound to a key that was not shown': ecToken({ cnf: { jkt: 'x' } }),
    'a claim twice': raw(headerText, `${claimsText.slice(0, -1)},"sub":"somebody"}`),
    'a header twice': raw(`${headerText.slice(0, -1)},"alg":"ES256"}`, claimsText),
    'claims that are a list': raw(headerText, `[${claimsText}]`),
    'claims that are a text': raw(headerText, '"x"'),
    'claims that are no JSON': raw(headerText, claimsText.slice(1)),
    'claims nested deep': raw(headerText, `${claimsText.slice(0, -1)},"x":${'['.repeat(200)}${']'.repeat(200)}}`),
    'claims with __proto__': raw(headerText, `${claimsText.slice(0, -1)},"__proto__":{"sub":"somebody"}}`),
    'too long': ecToken({ pad: 'x'.repeat(6_200) }),
    'encrypted, in five parts': `${good}.x.y`,
    'two parts': `${head}.${body}`,
    'an empty signature': `${head}.${body}.`,
    'a signature of zeros': `${head}.${body}.${'A'.repeat(86)}`,
    'a changed byte of the claims': `${head}.${encode(JSON.stringify(claims({ sub: 'somebodx' })))}.${signature}`,
    'padding in base64': `${head}.${body}=.${signature}`,
    'base64 that is not canonical': `${head}.${body}.${signature}A`,
    'a key that is no key': `${generateKey('live').text}x`,
  };
}

test('every forged token has the one answer, which says nothing', async () => {
  const table = Object.entries(forgeries());
  assert.ok(table.length >= 60, String(table.length));
  const expected = (await api.ask('/v1/me')).text;
  for (const [name, token] of table) {
    const answer = await me(token);
    assert.deepEqual(
      [answer.status, answer.text, answer.headers.get('www-authenticate')],
      [401, expected, 'Bearer'],
      name,
    );
  }
  assert.equal((await me(ecToken())).status, 200, 'and the good one is still good');
});

test('the log says why and which kid, and never holds a token', async () => {
  const token = ecToken({}, { kid: 'unheard-of' });
  await me(token);
  const good = ecToken({ jti: 'seen' });
  await me(good);
  const lines = api.lines.join('\n');
  assert.match(lines, /unknown_kid kid=unheard-of/);
  for (const text of [token, good])
    for (const part of text.split('.')) assert.ok(part.length < 20 || !lines.includes(part));
});

test('a token of one issuer is none of another, and equal subjects of two issuers are two people', async () => {
  await map(api.tenantB, SECOND, 'somebody');
  const first = await me(ecToken());
  const second = await me(makeToken(crossed, goodHeader(crossed), claims({}, SECOND)));
  assert.deepEqual([first.json.tenant_id, second.json.tenant_id], [api.tenantA.tenant_id, api.tenantB.tenant_id]);
});

test('a person of two tenants must name one, and only one of theirs', async () => {
  const token = ecToken({ sub: 'both' });
  await map(api.tenantA, FIRST, 'both');
  assert.equal((await me(token)).json.tenant_id, api.tenantA.tenant_id);
  const identity = await map(api.tenantB, FIRST, 'both');
  const unsaid = await me(token);
  assert.deepEqual([unsaid.status, unsaid.json.errors[0].path], [400, 'Sallyport-Tenant']);
  for (const tenant of [api.tenantA, api.tenantB])
    assert.equal((await me(token, { 'sallyport-tenant': tenant.tenant_id })).json.tenant_id, tenant.tenant_id);
  const refused = (await api.ask('/v1/me')).text;
  for (const other of [newId(), 'x', `${api.tenantA.tenant_id},${api.tenantB.tenant_id}`]) {
    const answer = await me(token, { 'sallyport-tenant': other });
    assert.deepEqual([answer.status, answer.text], [401, refused], other);
  }
  const { user_id: user, api_key: key } = api.tenantB;
  await api.ask(`/v1/users/${user}/identities/${identity}`, { key, method: 'DELETE' });
  assert.equal((await me(token)).json.tenant_id, api.tenantA.tenant_id);
  assert.equal((await me(token, { 'sallyport-tenant': api.tenantB.tenant_id })).status, 401);
});

test('a key with less than the rights of a user maps nobody to that user', async () => {
  const { api_key: key, user_id: user } = api.tenantA;
  const narrow = await api.ask('/v1/api-keys', { key, json: { name: 'narrow', scopes: ['users:write'] } });
  const json = { issuer: FIRST, subject: 'climber' };
  const mapped = await api.ask(`/v1/users/${user}/identities`, { key: narrow.json.api_key, json });
  assert.deepEqual([mapped.status, mapped.json.code], [403, 'forbidden']);
  assert.equal((await me(ecToken({ sub: 'climber' }))).status, 401);
});

test('the tenant header beside a key or a session must be its own tenant', async () => {
  const { api_key: key, tenant_id: own } = api.tenantA;
  assert.equal((await me(key, { 'sallyport-tenant': own })).status, 200);
  assert.equal((await me(key, { 'sallyport-tenant': api.tenantB.tenant_id })).status, 401);
  assert.equal(
    (await api.ask('/v1/tenants', { key: api.operatorKey, headers: { 'sallyport-tenant': own } })).status,
    401,
  );
  const browser = openBrowser(api);
  await browser.ask('/v1/session', { method: 'POST', key });
  assert.equal((await browser.ask('/v1/me', { headers: { 'sallyport-tenant': own } })).status, 200);
  assert.equal((await browser.ask('/v1/me', { headers: { 'sallyport-tenant': api.tenantB.tenant_id } })).status, 401);
});

test('a disabled user, an inactive tenant and a lesser role count for tokens with the next request', async () => {
  const { api_key: key } = api.tenantA;
  const identity = { issuer: FIRST, subject: 'worker' };
  const user = await api.ask('/v1/users', { key, json: { name: 'w', role: 'developer', identity } });
  const token = ecToken({ sub: 'worker' });
  const change = (json: object): Promise<Answer> =>
    api.ask(`/v1/users/${user.json.id}`, { method: 'PATCH', key, json });
  assert.ok((await me(token)).json.scopes.includes('runs:write'));
  await change({ role: 'viewer' });
  assert.ok(!(await me(token)).json.scopes.includes('runs:write'));
  await change({ state: 'disabled' });
  assert.equal((await me(token)).status, 401);
});

test('where the issuer says so, the scope of a token is a further limit and never more than the role', async () => {
  await map(api.tenantA, LOOSE, 'scoped');
  const ask = (scope: unknown): Promise<Answer> =>
    me(makeToken(crossed, { ...goodHeader(crossed), typ: 'JWT' }, claims({ sub: 'scoped', scope }, LOOSE)));
  assert.deepEqual((await ask('runs:read openid tenants:all')).json.scopes, ['runs:read']);
  for (const none of [undefined, '', 7, ['runs:read']]) assert.deepEqual((await ask(none)).json.scopes, []);
});

test('a token and another credential at once are refused, and a token in the URL too', async () => {
  const token = ecToken();
  const browser = openBrowser(api);
  await browser.ask('/v1/session', { method: 'POST', key: api.tenantA.api_key });
  const both = await browser.ask('/v1/me', { key: token });
  assert.deepEqual([both.status, both.json.code], [400, 'conflicting_credentials']);
  const url = api.nodes[0]?.url ?? '';
  const lines = [`Authorization: Bearer ${token}`, `Authorization: Bearer ${api.tenantA.api_key}`];
  assert.match(
    await sendRaw(url, ['GET /v1/me HTTP/1.1', 'Host: 127.0.0.1', 'Connection: close', ...lines]),
    /conflicting_credentials/,
  );
  const inUrl = await api.ask(`/v1/me?access_token=${token}`);
  assert.deepEqual([inUrl.status, inUrl.json.code], [400, 'credential_in_url']);
});

test('an issuer that nobody trusts can be given to no user', async () => {
  const json = { name: 'x', role: 'viewer', identity: { issuer: 'https://evil.example/', subject: 's' } };
  const answer = await api.ask('/v1/users', { key: api.tenantA.api_key, json });
  assert.deepEqual([answer.status, answer.json.errors[0].path], [422, '/identity/issuer']);
});

test('a setting that would trust too much does not start', () => {
  const good = { issuer: FIRST, audience: 'a', algorithms: ['ES256'], jwks_url: 'https://first.example/keys' };
  assert.equal(readIssuers(JSON.stringify([good])).length, 1);
  const bad: readonly object[] = [
    { ...good, algorithms: ['HS256'] },
    { ...good, algorithms: ['none'] },
    { ...good, algorithms: [] },
    { ...good, algorithms: undefined },
    { ...good, jwks_url: 'http://first.example/keys' },
    { ...good, jwks_url: 'https://user:word@first.example/keys' },
    { ...good, jwks_url: undefined },
    { ...good, key_set_file: '/x' },
    { ...good, audience: '' },
    { ...good, issuer: undefined },
    { ...good, max_age: 1e9 },
    { ...good, token_type: 'any' },
    { ...good, tenant_claim: 'tid' },
  ];
  for (const entry of bad)
    assert.throws(() => readIssuers(JSON.stringify([entry])), /SALLYPORT_JWT_ISSUERS: entry 1/, JSON.stringify(entry));
  assert.throws(() => readIssuers(JSON.stringify([good, good])), /stands twice/);
  assert.throws(() => readIssuers('/nowhere.json'), /SALLYPORT_JWT_ISSUERS/);
});
