// Every Set-Cookie of the product, on http and https, with and without a path prefix (S11), and what keeps the cookie with its host.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROUTES, type Route } from '../../src/http/http.ts';
import { createSetupToken } from '../../src/identity/identity.ts';
import { newId } from '../../src/ids.ts';
import { type Api, sendRaw, startApi } from './api.ts';
import { type Cookie, openBrowser, readCookie } from './browser.ts';

interface Place {
  readonly publicUrl: string | undefined;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

const COMMON = { httponly: '', samesite: 'Strict' };
const PLACES: readonly Place[] = [
  { publicUrl: undefined, name: 'sallyport', attributes: { ...COMMON, path: '/' } },
  { publicUrl: 'http://localhost:9/base', name: 'sallyport', attributes: { ...COMMON, path: '/base' } },
  {
    publicUrl: 'https://agents.example.com',
    name: '__Host-sallyport',
    attributes: { ...COMMON, path: '/', secure: '' },
  },
  // A name that begins with __Host- is taken by browsers for the whole path only.
  { publicUrl: 'https://example.com/base', name: '__Host-sallyport', attributes: { ...COMMON, path: '/', secure: '' } },
];

async function at(place: Place, work: (api: Api, origin: Record<string, string>) => Promise<void>): Promise<void> {
  const publicUrl = place.publicUrl === undefined ? {} : { publicUrl: new URL(place.publicUrl) };
  const api = await startApi(publicUrl);
  try {
    await work(api, { origin: publicUrl.publicUrl?.origin ?? api.nodes[0]?.url ?? '' });
  } finally {
    await api.close();
  }
}
const linkOf = (api: Api): Promise<string> =>
  createSetupToken(api.database.api, api.tenantA.tenant_id, api.tenantA.user_id);

/** Name and attributes but the age: a set cookie has a positive one, a cleared one has none left and no value. */
function judge(cookie: Cookie | undefined, place: Place, name: string): void {
  const { 'max-age': age, ...attributes } = cookie?.attributes ?? {};
  assert.deepEqual([cookie?.name, attributes], [place.name, place.attributes], name);
  assert.ok(cookie?.value === '' ? age === '0' : age === String(7 * 86_400), name);
}

for (const place of PLACES)
  test(`every cookie under ${place.publicUrl ?? 'a loopback address'} is one name with its attributes, set and cleared by one route`, async () => {
    await at(place, async (api, origin) => {
      const setters: string[] = [];
      const browser = openBrowser(api);
      const signed = await browser.ask('/v1/session', { json: { token: await linkOf(api) }, headers: origin });
      judge(readCookie(signed), place, 'signing in');
      const isOut = (route: Route): boolean => route.method === 'DELETE' && route.path === '/v1/session';
      const isIn = (route: Route): boolean => route.method === 'POST' && route.path === '/v1/session';
      for (const route of [...ROUTES.filter((one) => !isIn(one) && !isOut(one)), ...ROUTES.filter(isOut)]) {
        const path = route.path.replaceAll(/\{(\w+)\}/g, (_all, name) => (name === 'seq' ? '0' : newId()));
        const name = `${route.method} ${route.path}`;
        const answer = await browser.ask(path, { method: route.method, headers: origin });
        assert.ok(answer.status !== 401 && answer.status !== 500, `${name}: ${answer.status}`);
        const cookie = readCookie(answer);
        if (cookie === undefined) continue;
        judge(cookie, place, name);
        setters.push(name);
      }
      assert.deepEqual(setters, ['DELETE /v1/session']);
    });
  });

test('behind a public URL a page of that address changes things, one of the address behind it does not', async () => {
  await at({ publicUrl: 'https://agents.example.com', name: '', attributes: {} }, async (api, origin) => {
    const browser = openBrowser(api);
    await browser.ask('/v1/session', { json: { token: await linkOf(api) }, headers: origin });
    const start = (headers: Record<string, string>): Promise<number> =>
      browser.ask('/v1/runs', { json: { skill: 'web-digest', task: 't' }, headers }).then((answer) => answer.status);
    assert.equal(await start(origin), 201);
    for (const other of [api.nodes[0]?.url ?? '', 'http://agents.example.com', 'https://agents.example.com:8443'])
      assert.equal(await start({ origin: other }), 403, other);
    const value = browser.cookie?.value ?? '';
    const renamed = await api.ask('/v1/me', { headers: { cookie: `sallyport=${value}` } });
    assert.equal(renamed.status, 401, 'the name without the prefix, which another host can set, is not read');
  });
});

test('under another host name a cookie opens nothing', async () => {
  await at({ publicUrl: undefined, name: '', attributes: {} }, async (api) => {
    const browser = openBrowser(api);
    await browser.ask('/v1/session', { json: { token: await linkOf(api) } });
    const cookie = `Cookie: sallyport=${browser.cookie?.value}`;
    const as = async (host: string): Promise<string> =>
      (
        await sendRaw(api.nodes[0]?.url ?? '', ['GET /v1/me HTTP/1.1', `Host: ${host}`, cookie, 'Connection: close'])
      ).slice(9, 12);
    assert.equal(await as('127.0.0.1'), '200');
    assert.equal(await as('evil.example'), '421');
    const lines = ['GET /v1/me HTTP/1.1', 'Host: 127.0.0.1', cookie, cookie, 'Connection: close'];
    assert.match(await sendRaw(api.nodes[0]?.url ?? '', lines), /^HTTP\/1\.1 400 /);
  });
});
