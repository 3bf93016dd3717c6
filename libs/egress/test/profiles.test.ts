import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EgressError } from '../src/egress.ts';
import { guardFor, isCode, serve, text } from './loopback.ts';

const lookup = async (host: string): Promise<readonly string[]> =>
  host.startsWith('inner') ? ['10.0.0.1'] : host.startsWith('mixed') ? ['93.184.215.14', '::1'] : ['93.184.215.14'];

test('a reader gets only targets that we might call ourselves, whole and encoded', async () => {
  const seen: string[] = [];
  const { base, port } = await serve((request, response) => {
    seen.push(request.url ?? '');
    response.end('the page');
  });
  const reader = guardFor([port], { profile: 'reader', lookup }).reader({ origin: base, secretNames: ['member-code'] });
  const page = await reader.read('https://example.com/a b?q=1&u=http://x/#part');
  assert.equal(text(page.body), 'the page');
  assert.deepEqual(seen.splice(0), [`/${encodeURIComponent('https://example.com/a%20b?q=1&u=http://x/#part')}`]);
  const refused: [string, string][] = [
    ['http://127.0.0.1/', 'address'],
    ['http://169.254.169.254/latest/meta-data/', 'address'],
    ['http://inner.example/', 'address'],
    ['http://mixed.example/', 'address'],
    ['http://localhost/', 'host'],
    ['http://intranet/', 'host'],
    ['http://example.com:22/', 'port'],
    ['file:///etc/passwd', 'scheme'],
    ['http://user:pw@example.com/', 'credentials'],
    ['http://example.com\\@127.0.0.1/', 'url'],
    ['https://example.com/?access_token=x', 'credentials'],
    ['https://example.com/?Access-Token=x', 'credentials'],
    ['https://example.com/?%61pi_key=x', 'credentials'],
    ['https://example.com/?a=b;apikey=x', 'credentials'],
    ['https://example.com/?X-Amz-Signature=x', 'credentials'],
    ['https://example.com/?X-Amz-Security-Token=x', 'credentials'],
    ['https://example.com/?sig=x', 'credentials'],
    ['https://example.com/?password=x', 'credentials'],
    ['https://example.com/?jwt', 'credentials'],
    ['https://example.com/#access_token=x', 'credentials'],
    ['https://example.com/#/route?token=x', 'credentials'],
    ['https://example.com/?member_code=x', 'credentials'],
  ];
  for (const [url, code] of refused)
    await assert.rejects(
      reader.read(url),
      (error) => {
        assert.ok(error instanceof EgressError && error.code === code, `${url}: ${String(error)}`);
        return true;
      },
      url,
    );
  for (const url of [
    'https://example.com/?tokens=5&keyword=a&author=b&page=2',
    'https://example.com/token/x',
    'https://example.com/?q=password',
  ])
    assert.equal((await reader.read(url)).status, 200, url);
  assert.equal(seen.length, 3, 'what is refused never reaches the service');
});

test('a reader service may not send us on, nor be anything but an origin', async () => {
  const other = await serve((_request, response) => response.end());
  const { base, port } = await serve((_request, response) => response.writeHead(302, { location: other.base }).end());
  const guard = guardFor([port, other.port], { lookup });
  await assert.rejects(guard.reader({ origin: base }).read('https://example.com/'), isCode('origin'));
  assert.equal(other.connections(), 0);
  for (const origin of ['https://r.example/path', 'https://r.example/?x', 'https://r.example/#x'])
    assert.throws(() => guard.reader({ origin }), TypeError, origin);
  assert.throws(() => guard.reader({ origin: 'file:///x' }), isCode('scheme'));
});

test('a webhook is one POST: no redirect, and no answer unless it is asked for', async () => {
  const seen: string[] = [];
  const { base, port, connections } = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      seen.push(`${request.method} ${request.headers['x-signature']} ${body}`);
      if (request.url === '/redirect') return void response.writeHead(307, { location: '/secret' }).end();
      if (request.url === '/long') return void response.end(Buffer.alloc(200_000));
      response.writeHead(request.url === '/fail' ? 500 : 202).end('inner answer');
    });
  });
  const guard = guardFor([port], { profile: 'webhook' });
  const init = { headers: { 'x-signature': 's', 'content-type': 'application/json' } };
  assert.deepEqual(await guard.webhook(base, '{}', init), { status: 202, delivered: true });
  assert.deepEqual(seen, ['POST s {}']);
  assert.deepEqual(await guard.webhook(`${base}/redirect`, '{}', init), { status: 307, delivered: false });
  assert.deepEqual(await guard.webhook(`${base}/fail`, '{}'), { status: 500, delivered: false });
  assert.equal(seen.length, 3, 'the redirect was not followed');
  const told = await guard.webhook(base, Uint8Array.of(1), { returnBody: true });
  assert.equal(text(told.body ?? new Uint8Array()), 'inner answer');
  const long = await guard.webhook(`${base}/long`, '{}');
  assert.deepEqual(long, { status: 200, delivered: true }, 'what nobody reads cannot be too long');
  await assert.rejects(guard.webhook('http://169.254.169.254/', '{}'), isCode('address'));
  assert.ok(connections() > 0);
});

test('a client for one origin cannot be led elsewhere', async () => {
  const seen: string[] = [];
  const other = await serve((_request, response) => response.end('other'));
  const { base, port } = await serve((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`);
    if (request.url === '/v1/away') return void response.writeHead(302, { location: other.base }).end();
    if (request.url === '/v1/within') return void response.writeHead(302, { location: '/v1/done' }).end();
    response.end('here');
  });
  const guard = guardFor([port, other.port], { profile: 'mcp' });
  const client = guard.forOrigin(`${base}/v1`);
  const headers = { authorization: 'Bearer s' };
  assert.equal(client.base, `${base}/v1/`);
  assert.equal(await (await client.fetch('models?x=1', { headers })).text(), 'here');
  assert.equal(await (await client.fetch('', { headers })).text(), 'here');
  assert.equal(await (await client.fetch('within', { headers })).text(), 'here');
  assert.deepEqual(seen.splice(0), [
    '/v1/models?x=1 Bearer s',
    '/v1/ Bearer s',
    '/v1/within Bearer s',
    '/v1/done Bearer s',
  ]);
  await assert.rejects(client.fetch('away', { headers }), isCode('origin'));
  seen.length = 0;
  const paths = [
    `//127.0.0.1:${other.port}/`,
    other.base,
    `${base}/v1/x`,
    '/v1/x',
    '/',
    '\\\\host\\',
    '../x',
    'a/../../x',
    '%2e%2e/x',
    'http:x',
    'javascript:1',
  ];
  for (const path of paths) await assert.rejects(client.fetch(path), isCode('origin'), path);
  await assert.rejects(client.fetch('a\\..\\..\\x'), isCode('url'));
  await assert.rejects(client.fetch('a\nb'), isCode('url'));
  await assert.rejects(client.fetch(new URL(other.base)), isCode('origin'));
  assert.deepEqual([seen.length, other.connections()], [0, 0]);
});

test('an endpoint that a server names is taken at its own origin only', async () => {
  const { base, port } = await serve((request, response) => response.end(request.url));
  const client = guardFor([port]).forOrigin(`${base}/mcp/`);
  for (const [reference, path] of [
    ['/messages?session=1', '/messages?session=1'],
    ['messages', '/mcp/messages'],
    [`${base}/elsewhere`, '/elsewhere'],
    [`//127.0.0.1:${port}/x`, '/x'],
  ] as const)
    assert.equal(await (await client.fetch(client.resolve(reference))).text(), path, reference);
  const away = [
    'http://example.com/',
    '//example.com/x',
    `https://127.0.0.1:${port}/`,
    `http://127.0.0.1:${port + 1}/`,
  ];
  for (const reference of away) assert.throws(() => client.resolve(reference), isCode('origin'), reference);
  assert.throws(() => client.resolve(`http://user@127.0.0.1:${port}/`), isCode('credentials'));
  assert.throws(() => client.resolve(`//user@127.0.0.1:${port}/`), isCode('origin'));
  assert.throws(() => client.resolve('\\\\example.com/'), isCode('url'));
  assert.throws(() => client.resolve('file:///x'), isCode('scheme'));
  for (const bad of ['file:///', 'http://user@x.example/', 'example.com', 'http://x.example/?q', 'http://x.example/#f'])
    assert.throws(() => guardFor([]).forOrigin(bad), EgressError, bad);
});
