import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEgressGuard, type EgressPolicy, type FetchInit } from '../src/egress.ts';
import { settleRules } from '../src/rules.ts';
import { guardFor, isCode, serve, text } from './loopback.ts';

test('a policy that is wrong in any key throws when the guard is made', () => {
  const wrong: unknown[] = [
    { profile: 'ftp' },
    { profile: '__proto__' },
    { mode: 'off' },
    { allowAddresses: ['127.0.0.1'] },
    { allowAddresses: ['127.0.0.1/33'] },
    { allowAddresses: ['localhost/32'] },
    { denyAddresses: ['::/129'] },
    { fakeIpRanges: ['10.0.0.0/8'] },
    { allowHosts: ['http://example.com'] },
    { allowHosts: ['example.com/path'] },
    { allowHosts: ['user@example.com'] },
    { allowHosts: ['*'] },
    { allowHosts: ['a.*.example.com'] },
    { denyHosts: [''] },
    { innerNames: ['a b'] },
    { allowPorts: [0] },
    { allowPorts: [65_536] },
    { allowPorts: [1.5] },
    { schemes: [] },
    { schemes: ['ftp'] },
    { maxBytes: 0 },
    { maxBytes: Number.NaN },
    { timeoutMs: -1 },
    { timeoutMs: 2 ** 40 },
    { connectTimeoutMs: Number.POSITIVE_INFINITY },
    { headersTimeoutMs: 0 },
    { bodyTimeoutMs: 1.5 },
    { maxRedirects: 21 },
    { maxPools: 0 },
    { pace: { concurrency: 0 } },
    { pace: { rate: { perSecond: 0, burst: 1 } } },
    { pace: { rate: { perSecond: 1, burst: 0 } } },
    { pace: { byteBudget: { bytes: 0, windowMs: 1 } } },
    { proxy: { url: 'https://proxy.example' } },
    { proxy: { url: 'http://user:pw@proxy.example' } },
    { proxy: { url: 'socks5://proxy.example' } },
    { proxy: { url: 'http://proxy.example', authorization: 'a\r\nb' } },
  ];
  for (const policy of wrong)
    assert.throws(() => createEgressGuard(policy as EgressPolicy), TypeError, JSON.stringify(policy));
});

test('a policy is read once: what its owner changes later changes nothing', async () => {
  const denyHosts = ['denied.example'];
  const guard = guardFor([], { denyHosts, ownAddresses: () => [], lookup: async () => ['93.184.215.14'] });
  denyHosts.length = 0;
  assert.equal((await guard.check('http://denied.example/')).code, 'host');
  const policy: { allowAddresses: string[] } = { allowAddresses: [] };
  const second = createEgressGuard(policy);
  policy.allowAddresses.push('127.0.0.0/8');
  assert.equal((await second.check('http://127.0.0.1/')).code, 'address');
  assert.ok(Object.isFrozen(settleRules({})));
});

test('who waits longer for headers need not know of the total', () => {
  assert.equal(settleRules({}).timeoutMs, 30_000);
  assert.equal(settleRules({ headersTimeoutMs: 120_000 }).timeoutMs, 135_000);
  assert.equal(settleRules({ headersTimeoutMs: 120_000, timeoutMs: 60_000 }).timeoutMs, 60_000);
  assert.equal(settleRules({ profile: 'mcp' }).timeoutMs, Number.POSITIVE_INFINITY);
  assert.deepEqual(
    [settleRules({ profile: 'webhook' }).maxBytes, settleRules({ profile: 'webhook' }).maxRedirects],
    [65_536, 0],
  );
});

test('options that would go around the guard, or that are not known, are refused', async () => {
  const { base, port, connections } = await serve((_request, response) => response.end());
  const guard = guardFor([port]);
  for (const name of [
    'dispatcher',
    'agent',
    'socketPath',
    'lookup',
    'client',
    'integrity',
    'window',
    'startBefore',
    'proxy',
    'ca',
    'rejectUnauthorized',
  ])
    await assert.rejects(guard.fetch(base, { [name]: 'x' } as FetchInit), isCode('option'), name);
  const rows: FetchInit[] = [
    { method: 'CONNECT' },
    { method: 'TRACE' },
    { method: 'GET\r\n' },
    { method: 'GET', body: 'x' },
    { redirect: 'other' as 'follow' },
    { maxBytes: -1 },
    { timeoutMs: Number.NaN },
  ];
  for (const init of rows) await assert.rejects(guard.fetch(base, init), isCode('option'), JSON.stringify(init));
  await assert.rejects(guardFor([port], { profile: 'web' }).fetch(base, { method: 'POST' }), isCode('option'));
  await assert.rejects(guardFor([port], { profile: 'webhook' }).fetch(base), isCode('option'));
  for (const input of [undefined, null, 7, {}, []])
    await assert.rejects(guard.fetch(input as unknown as string), isCode('url'));
  assert.equal(connections(), 0);
});

test('keys of the platform that change nothing are taken', async () => {
  const { base, port } = await serve((_request, response) => response.end('x'));
  const init = {
    cache: 'no-store',
    credentials: 'include',
    mode: 'cors',
    keepalive: true,
    duplex: 'half',
  } as FetchInit;
  assert.equal(await (await guardFor([port]).fetch(base, init)).text(), 'x');
});

test('text, URL and Request are read once, with any body', async () => {
  const { base, port } = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () =>
      response.end(`${request.method} ${request.url} ${request.headers['content-type']} ${body}`),
    );
  });
  const guard = guardFor([port]);
  const post = async (body: FetchInit['body'], headers = {}): Promise<string> =>
    (await guard.fetch(base, { method: 'POST', headers, ...(body === undefined ? {} : { body }) })).text();
  assert.equal(await (await guard.fetch(new URL('/a?b#c', base))).text(), 'GET /a?b undefined ');
  const request = new Request(`${base}/r`, { method: 'PUT', body: 'of the request', headers: { 'x-a': 'b' } });
  assert.match(await (await guard.fetch(request)).text(), /^PUT \/r text\/plain;charset=UTF-8 of the request$/);
  assert.equal(await post('text'), 'POST / text/plain;charset=UTF-8 text');
  assert.equal(await post('{}', { 'Content-Type': 'application/json' }), 'POST / application/json {}');
  assert.equal(await post(Uint8Array.of(97, 98)), 'POST / undefined ab');
  assert.equal(
    await post(new URLSearchParams({ a: 'b' })),
    'POST / application/x-www-form-urlencoded;charset=UTF-8 a=b',
  );
  assert.match(await post(new Blob(['blob'], { type: 'text/x' })), /POST \/ text\/x blob/);
  assert.match(await post(new Blob(['stream']).stream()), /stream$/);
  const bytes = Uint8Array.of(97, 97);
  const sent = guard.fetch(base, { method: 'POST', body: bytes });
  bytes.fill(98);
  assert.match(await (await sent).text(), /aa$/, 'a change after the call changes nothing');
  assert.equal(text((await guard.read(base)).body), 'GET / undefined ');
});

test('an answer is a standard Response', async () => {
  const { base, port } = await serve((request, response) => {
    if (request.url === '/go') return void response.writeHead(302, { location: '/there' }).end();
    if (request.url === '/204') return void response.writeHead(204).end();
    if (request.url === '/999') return void response.writeHead(999).end();
    response.writeHead(404, { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'application/json' }).end('{"a":1}');
  });
  const guard = guardFor([port]);
  const response = await guard.fetch(`${base}/go`);
  assert.ok(response instanceof Response);
  assert.deepEqual(
    [response.status, response.ok, response.redirected, response.url],
    [404, false, true, `${base}/there`],
  );
  assert.deepEqual(response.headers.getSetCookie(), ['a=1', 'b=2']);
  assert.deepEqual(await response.json(), { a: 1 });
  assert.equal((await guard.fetch(`${base}/204`)).body, null);
  assert.equal((await guard.fetch(base, { method: 'HEAD' })).status, 404);
  await assert.rejects(guard.fetch(`${base}/999`), isCode('headers'));
});
