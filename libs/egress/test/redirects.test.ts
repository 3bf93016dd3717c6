import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { type EgressCode, EgressError } from '../src/egress.ts';
import { guardFor, isCode, serve, text } from './loopback.ts';

/** Redirects to the percent-encoded rest of its path, with the status that the path begins with. */
const redirector = () =>
  serve((request, response) => {
    const [, status = '302', to = ''] = /^\/(\d{3})\/(.*)$/.exec(request.url ?? '') ?? [];
    response.writeHead(Number(status), { location: decodeURIComponent(to) }).end();
  });
const via = (base: string, to: string, status = 302): string => `${base}/${status}/${encodeURIComponent(to)}`;

test('each redirect is a full new decision', async () => {
  const { port, base } = await redirector();
  const guard = guardFor([port], {
    denyHosts: ['*.denied.example'],
    lookup: async (host) =>
      host.startsWith('inner') ? ['10.0.0.1'] : host.startsWith('gone') ? [] : ['93.184.215.14'],
  });
  const rows: [string, EgressCode][] = [
    ['http://169.254.169.254/latest/meta-data/', 'address'],
    ['//169.254.169.254/latest/meta-data/', 'address'],
    ['http://[::1]/', 'address'],
    ['http://[::ffff:127.0.0.1]/', 'address'],
    ['http://2130706433/', 'address'],
    ['http://0x7f.1/', 'address'],
    [`http://127.0.0.1:${port + 1}/`, 'address'],
    ['http://inner.example/', 'address'],
    ['http://gone.example/', 'dns'],
    ['http://a.denied.example/', 'host'],
    ['http://localhost/', 'host'],
    ['//localhost/', 'host'],
    ['http://metadata.google.internal/', 'host'],
    ['http://example.com:22/', 'port'],
    ['http://user:pw@example.com/', 'credentials'],
    ['http://@example.com/', 'credentials'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://example.com/', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['data:text/html,x', 'scheme'],
    ['http://example.com\\@127.0.0.1/', 'url'],
    ['\\\\example.com\\', 'url'],
    ['/\\example.com', 'url'],
    ['http:example.com', 'url'],
    ['http:///example.com', 'url'],
    ['http://exa mple.com/', 'url'],
  ];
  for (const [to, code] of rows)
    for (const status of [301, 302, 303, 307, 308])
      await assert.rejects(
        guard.read(via(base, to, status)),
        (error) => {
          assert.ok(error instanceof EgressError);
          assert.equal(error.code, code, `${to}: ${error.message}`);
          assert.equal(error.hop, 1, to);
          return true;
        },
        to,
      );
});

test('only five statuses redirect, and only with a location', async () => {
  const { port, base } = await serve((request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, status === 302 ? {} : { location: 'http://127.0.0.1:1/' }).end('here');
  });
  const guard = guardFor([port]);
  for (const status of [201, 300, 302, 305, 306, 399, 400]) {
    const answer = await guard.read(`${base}/${status}`);
    assert.deepEqual([answer.status, text(answer.body)], [status, 'here']);
  }
});

test('redirects end at their number, at a loop, and where the caller says', async () => {
  const { port, base, connections, server } = await serve((request, response) => {
    const at = Number(request.url?.slice(1));
    if (at === 0) return void response.end('end');
    if (at === 99) return void response.writeHead(302, { location: '/99' }).end();
    response.writeHead(302, { location: `/${at - 1}`, refresh: '0;url=http://127.0.0.1:1/' }).end();
  });
  const guard = guardFor([port]);
  const five = await guard.read(`${base}/5`);
  assert.deepEqual([text(five.body), five.url], ['end', `${base}/0`]);
  await assert.rejects(guard.read(`${base}/6`), isCode('redirects'));
  await assert.rejects(guard.read(`${base}/99`), isCode('redirects'));
  await assert.rejects(guard.read(`${base}/1`, { redirect: 'error' }), isCode('redirects'));
  assert.equal((await guard.read(`${base}/1`, { redirect: 'manual' })).status, 302);
  await assert.rejects(guardFor([port], { maxRedirects: 0 }).read(`${base}/1`), isCode('redirects'));
  let asked = 0;
  server.on('request', () => asked++);
  await assert.rejects(guardFor([port], { maxRedirects: 20 }).read(`${base}/99`), isCode('redirects'));
  assert.equal(asked, 1, 'a loop is seen at once');
  assert.ok(connections() <= 9, 'drained redirects keep their connection');
});

test('a form that answers to itself is no loop', async () => {
  const { port, base } = await serve((request, response) => {
    if (request.method === 'POST') return void response.writeHead(303, { location: '/' }).end();
    response.end(`${request.method} ${request.headers['content-type']} ${request.headers['content-length']}`);
  });
  const answer = await guardFor([port]).read(base, {
    method: 'POST',
    body: 'a=b',
    headers: { 'Content-Type': 'text/x' },
  });
  assert.equal(text(answer.body), 'GET undefined undefined');
});

test('method and body follow a redirect as the standard says, and never to another origin', async () => {
  const seen: string[] = [];
  const second = await serve((request, response) => {
    seen.push(`second ${request.method}`);
    response.end();
  });
  const first = await serve((request, response) => {
    const [, status = '', where = ''] = (request.url ?? '').split('/');
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      if (where === '') {
        seen.push(`${request.method} ${body}`);
        return void response.end();
      }
      const to = where === 'same' ? '/done' : second.base;
      response.writeHead(Number(status), { location: to }).end();
    });
  });
  const guard = guardFor([first.port, second.port]);
  const post = { method: 'POST', body: 'body' };
  for (const [status, method, sees] of [
    [301, 'POST', 'GET '],
    [302, 'POST', 'GET '],
    [303, 'POST', 'GET '],
    [303, 'PUT', 'GET '],
    [307, 'POST', 'POST body'],
    [308, 'POST', 'POST body'],
    [301, 'PUT', 'PUT body'],
  ] as const) {
    await guard.read(`${first.base}/${status}/same`, { ...post, method });
    assert.equal(seen.pop(), sees, `${method} ${status}`);
  }
  for (const status of [307, 308])
    await assert.rejects(guard.read(`${first.base}/${status}/other`, post), isCode('redirect-body'));
  assert.deepEqual(seen, []);
  await guard.read(`${first.base}/303/other`, post);
  assert.deepEqual(seen, ['second GET']);
});

test('credentials stay at their origin and never come back', async () => {
  const seen: IncomingHttpHeaders[] = [];
  const second = await serve((request, response) => {
    seen.push(request.headers);
    if (request.url === '/back') response.writeHead(302, { location: `${first.base}/end` }).end();
    else response.end();
  });
  const first = await serve((request, response) => {
    seen.push(request.headers);
    if (request.url === '/end') response.end();
    else response.writeHead(302, { location: request.url === '/same' ? '/end' : `${second.base}/back` }).end();
  });
  const guard = guardFor([first.port, second.port]);
  const secrets = [
    'authorization',
    'cookie',
    'x-api-key',
    'mcp-session-id',
    'x-private',
    'proxied',
    'origin',
    'referer',
  ];
  const kept = ['accept', 'accept-language', 'cache-control', 'if-none-match', 'pragma', 'range', 'user-agent'];
  const headers = Object.fromEntries([...secrets, ...kept].map((name) => [name, `is-${name}`]));
  await guard.read(`${first.base}/other`, { headers });
  assert.equal(seen.length, 3);
  for (const name of secrets) {
    assert.equal(seen[0]?.[name], `is-${name}`);
    assert.equal(seen[1]?.[name], undefined, `${name} left its origin`);
    assert.equal(seen[2]?.[name], undefined, `${name} came back`);
  }
  for (const name of kept) assert.equal(seen[2]?.[name], `is-${name}`, name);
  await guard.read(`${first.base}/same`, { headers });
  assert.equal(seen.at(-1)?.authorization, 'is-authorization', 'within the origin they follow');
});

test('a redirect with an endless or long body does not hold the call', async () => {
  const { port, base } = await serve((request, response) => {
    if (request.url === '/end') return void response.end('end');
    response.writeHead(302, { location: '/end' });
    if (request.url === '/drip') {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    } else if (request.url === '/long') response.end(Buffer.alloc(1024 * 1024));
    else response.end('short');
  });
  const guard = guardFor([port]);
  for (const path of ['/short', '/long', '/drip'])
    assert.equal(text((await guard.read(base + path, { timeoutMs: 10_000 })).body), 'end', path);
});

test('two locations are no location', async () => {
  const { port, base } = await serve((_request, response) =>
    response.writeHead(302, { location: ['/a', 'http://127.0.0.1:1/'] as unknown as string }).end(),
  );
  await assert.rejects(guardFor([port]).read(base), isCode('url'));
});

test('headers that frame, that route or that open a cloud are refused before connecting', async () => {
  const { port, base, connections } = await serve((_request, response) => response.end());
  const guard = guardFor([port]);
  const names =
    `Host Connection Keep-Alive Transfer-Encoding Content-Length Upgrade Expect TE Trailer Proxy-Authorization Proxy-Connection
Metadata-Flavor Metadata X-aws-ec2-metadata-token X-aws-ec2-metadata-token-ttl-seconds X-Google-Metadata-Request __proto__`.split(
      /\s+/,
    );
  for (const name of names) await assert.rejects(guard.read(base, { headers: [[name, 'x']] }), isCode('header'), name);
  for (const value of ['a\r\nx: y', 'a\nb', 'a\rb', 'a\0b', 'a\u0001b', 'ü€', '\u007f'])
    await assert.rejects(guard.read(base, { headers: [['x-a', value]] }), isCode('header'), JSON.stringify(value));
  for (const name of ['', 'a b', 'a:b', 'a\r\nb', 'ü', 'a'.repeat(101)])
    await assert.rejects(guard.read(base, { headers: [[name, 'x']] }), isCode('header'), JSON.stringify(name));
  const many = Array.from({ length: 101 }, (_, at): [string, string] => [`x-${at}`, 'x']);
  await assert.rejects(guard.read(base, { headers: many }), isCode('header'));
  await assert.rejects(guard.read(base, { headers: { 'x-long': 'x'.repeat(40_000) } }), isCode('header'));
  assert.equal(connections(), 0);
});
