import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parseAddress, refusedBy } from '../src/address.ts';
import { createEgressGuard, type EgressCode, EgressError, type EgressPolicy } from '../src/egress.ts';
import { createSocketDoor } from '../src/socket-door.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const isCode =
  (...codes: EgressCode[]) =>
  (error: unknown): boolean =>
    error instanceof EgressError && codes.includes(error.code);

test('URLs and literals are judged by rule, without any connection', async () => {
  const blocked = [
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://10.0.0.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://198.18.0.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://0.0.0.0/',
    'http://168.63.129.16/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[ff02::1]/',
    'http://[64:ff9b::a00:1]/',
    'http://[64:ff9b:1:a00:0:100::]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:db8::1]/',
    'http://[3fff::1]/',
    'http://[5f00::1]/',
    'http://[100::1]/',
    'http://[2606:4700::200:5efe:a00:1]/',
    'http://[fe80::1%25eth0]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://a.localhost/',
    'http://metadata.google.internal/',
    'http://printer.local/',
    'http://router.lan/',
    'http://x.home.arpa/',
    'http://x.onion/',
    'http://intranet/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'gopher://example.com/',
    '//example.com/',
    'example.com',
    '',
    'http:///x',
    'http:example.com',
    'http://user@example.com/',
    'http://user:pw@example.com/',
    'http://@example.com/',
    'http://example.com\\@127.0.0.1/',
    'http://exa\tmple.com/',
    'http://example.com/\r\nX: y',
    'http://example.com\u0000/',
    'http://example.com:22/',
    'http://example.com:25/',
    'http://example.com:6379x/',
    'http://example.com:0/',
    'http://example.com:6667/',
    'http://example.com:65536/',
    'http://1.2.3.4.5/',
    'http://a..b/',
    'http://-a.example/',
  ];
  const allowed = [
    'http://example.com/',
    'https://example.com:8443/a b|c{}^?x=\\y',
    'http://localhost.example.com/',
    'http://fda.gov/',
    'http://10.com/',
    'http://internal.example.com/',
    'http://8.8.8.8/',
    'http://[2606:4700::1111]/',
    'http://172.32.0.1/',
    'http://100.128.0.1/',
    'https://bücher.example/',
    'http://example.com./',
  ];
  const guard = createEgressGuard({ lookup: async () => ['93.184.216.34', '2606:2800:220:1::1'] });
  for (const url of blocked) assert.equal((await guard.check(url)).verdict, 'block', url);
  for (const url of allowed)
    assert.equal((await guard.check(url)).verdict, 'allow', `${url} ${JSON.stringify(await guard.check(url))}`);
  await guard.close();
});

test('one bad, empty or unparsable DNS answer refuses the whole', async () => {
  for (const answers of [['93.184.216.34', '127.0.0.1'], ['::1'], [], ['nonsense'], ['93.184.216.34', '']]) {
    const guard = createEgressGuard({ lookup: async () => answers });
    await assert.rejects(guard.read('http://example.com/'), isCode('address', 'dns'), JSON.stringify(answers));
    await guard.close();
  }
});

test('both classifiers agree on random and special addresses', () => {
  const door = createSocketDoor({ allow: [], deny: [], fakeIp: [], metadata: false });
  const v4 = fc
    .tuple(
      fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 255, 8, 93, 168),
      fc.nat(255),
      fc.nat(255),
      fc.nat(255),
    )
    .map((parts) => parts.join('.'));
  const word = fc.oneof(
    fc.nat(0xffff),
    fc.constantFrom(0, 0x2001, 0x2002, 0xdb8, 0x5efe, 0x200, 0xffff, 0x64, 0xff9b, 0x7f00),
  );
  const v6 = fc
    .tuple(fc.oneof(word, fc.constantFrom(0, 0x2001, 0x2606, 0x3fff, 0x64)), word, word, word, word, word, word, word)
    .map((words) => words.map((w) => w.toString(16)).join(':'));
  fc.assert(
    fc.property(
      fc.oneof(
        v4,
        v6,
        v4.map((text) => `::ffff:${text}`),
        v4.map((text) => `64:ff9b::${text}`),
      ),
      (text) => {
        const bytes = parseAddress(text);
        assert.ok(bytes !== undefined, text);
        assert.equal(
          refusedBy(bytes) === undefined,
          door({ remote: text, local: undefined, port: 443, literal: true }) === 'pass',
          text,
        );
      },
    ),
    { numRuns: 5_000 },
  );
});

test('rebinding: each door alone stops the connect to loopback; with both removed the canary is reached', async () => {
  let reached = 0;
  const port = await serve((_request, response) => {
    reached++;
    response.end('secret');
  });
  const attack = async (doors: { outer: boolean; inner: boolean }): Promise<unknown> => {
    const guard = createEgressGuard({ lookup: async () => ['127.0.0.1'] }, doors);
    return guard.read(`http://rebind.example:${port}/`).finally(() => guard.close());
  };
  await assert.rejects(attack({ outer: true, inner: true }), isCode('address'));
  await assert.rejects(attack({ outer: true, inner: false }), isCode('address'));
  await assert.rejects(attack({ outer: false, inner: true }), isCode('address'));
  assert.equal(reached, 0);
  await attack({ outer: false, inner: false });
  assert.equal(reached, 1, 'the attack has teeth');
});

const own = (port: number, more: Partial<EgressPolicy> = {}): EgressPolicy => ({
  allowAddresses: [`127.0.0.1/32:${port}`],
  ...more,
});

test('an operator may open an address and port, and nothing beside it', async () => {
  const port = await serve((_request, response) => response.end('hello'));
  const other = await serve((_request, response) => response.end('other'));
  const guard = createEgressGuard(own(port));
  assert.equal(Buffer.from((await guard.read(`http://127.0.0.1:${port}/`)).body).toString(), 'hello');
  await assert.rejects(guard.read(`http://127.0.0.1:${other}/`), isCode('address'));
  await guard.close();
  assert.throws(() => createEgressGuard({ allowAddresses: ['127.0.0.1'] }), TypeError);
});

test('a redirect is judged anew: private literals, names, loops, downgrade', async () => {
  const port = await serve((request, response) => {
    const to = decodeURIComponent(request.url?.slice(2) ?? '');
    response.writeHead(302, { location: to }).end();
  });
  const guard = createEgressGuard(
    own(port, { lookup: async (host) => (host === 'inner.example' ? ['10.0.0.1'] : ['93.184.216.34']) }),
  );
  const rows: [string, EgressCode][] = [
    ['http://169.254.169.254/latest/', 'address'],
    ['http://[::1]/', 'address'],
    ['http://inner.example/', 'address'],
    ['file:///etc/passwd', 'scheme'],
    ['http://localhost/', 'host'],
    ['http://user:pw@example.com/', 'credentials'],
    [`http://127.0.0.1:${port}/?`, 'address'],
  ];
  for (const [to, code] of rows.slice(0, 6))
    await assert.rejects(guard.read(`http://127.0.0.1:${port}/?${encodeURIComponent(to)}`), isCode(code), to);
  await assert.rejects(
    guard.read(`http://127.0.0.1:${port}/?${encodeURIComponent('/?x')}`),
    isCode('redirects', 'url'),
  );
  await guard.close();
});

test('credentials and bodies stay at their origin', async () => {
  const seen: Record<string, unknown>[] = [];
  const second = await serve((request, response) => {
    seen.push({ ...request.headers });
    response.end('ok');
  });
  const first = await serve((request, response) =>
    response.writeHead(request.method === 'POST' ? 307 : 302, { location: `http://127.0.0.1:${second}/` }).end(),
  );
  const guard = createEgressGuard({ allowAddresses: [`127.0.0.1/32:${first}`, `127.0.0.1/32:${second}`] });
  await guard.read(`http://127.0.0.1:${first}/`, {
    headers: { authorization: 'Bearer s', 'x-api-key': 's', 'mcp-session-id': 's', cookie: 's', accept: 'text/html' },
  });
  assert.equal(seen.length, 1);
  for (const name of ['authorization', 'x-api-key', 'mcp-session-id', 'cookie'])
    assert.equal(seen[0]?.[name], undefined, name);
  assert.equal(seen[0]?.accept, 'text/html');
  await assert.rejects(
    guard.read(`http://127.0.0.1:${first}/`, { method: 'POST', body: 'secret' }),
    isCode('redirect-body'),
  );
  for (const name of ['Host', 'connection', 'metadata-flavor', 'proxy-authorization', 'x-aws-ec2-metadata-token'])
    await assert.rejects(
      guard.read(`http://127.0.0.1:${first}/`, { headers: { [name]: 'x' } }),
      isCode('header'),
      name,
    );
  await guard.close();
});

test('bombs, endless bodies and drip feeds end at their bounds', async () => {
  const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024));
  const port = await serve((request, response) => {
    if (request.url === '/bomb') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    if (request.url === '/codings')
      return void response.writeHead(200, { 'content-encoding': 'gzip, gzip, gzip' }).end('x');
    if (request.url === '/broken') return void response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip');
    response.writeHead(200);
    const timer = setInterval(
      () => response.write(request.url === '/drip' ? 'x' : Buffer.alloc(256 * 1024)),
      request.url === '/drip' ? 20 : 1,
    );
    response.on('close', () => clearInterval(timer));
  });
  const guard = createEgressGuard(own(port));
  const base = `http://127.0.0.1:${port}`;
  await assert.rejects(guard.read(`${base}/bomb`), isCode('ratio', 'too-large'));
  await assert.rejects(guard.read(`${base}/codings`), isCode('encoding'));
  await assert.rejects(guard.read(`${base}/broken`), isCode('encoding'));
  await assert.rejects(guard.read(`${base}/endless`, { maxBytes: 1024 * 1024 }), isCode('too-large'));
  await assert.rejects(guard.read(`${base}/drip`, { timeoutMs: 300 }), isCode('timeout'));
  await guard.close();
});

test('blocked and closed look the same to the caller', async () => {
  const guard = createEgressGuard(own(1));
  const messages = new Set<string>();
  for (const url of ['http://10.0.0.1/', 'http://127.0.0.1:1/', 'http://localhost/']) {
    await assert.rejects(guard.read(url), (error) => {
      assert.ok(error instanceof EgressError);
      messages.add(error.publicMessage);
      return true;
    });
  }
  assert.equal(messages.size, 1);
  await guard.close();
});

test('a caller that may not start any more opens no socket, at the decision and at the connector', async () => {
  let connections = 0;
  const port = await serve((_request, response) => response.end('x'));
  servers.at(-1)?.on('connection', () => connections++);
  const guard = createEgressGuard(own(port));
  for (const yes of [0, 1]) {
    let asked = 0;
    const init = { mayStart: () => asked++ < yes };
    await assert.rejects(guard.read(`http://127.0.0.1:${port}/`, init), isCode('not-started'));
    assert.equal(asked, yes + 1);
  }
  assert.equal(connections, 0);
  assert.equal((await guard.read(`http://127.0.0.1:${port}/`, { mayStart: () => true })).status, 200);
  await guard.close();
});

test('a guard for slow servers may wait longer for headers, and one for hasty callers shorter', async () => {
  const port = await serve((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(200).write('x');
  });
  const guard = createEgressGuard(own(port, { headersTimeoutMs: 100, bodyTimeoutMs: 100 }));
  await assert.rejects(guard.read(`http://127.0.0.1:${port}/silent`), isCode('timeout'));
  await assert.rejects(guard.read(`http://127.0.0.1:${port}/half`), isCode('timeout'));
  await guard.close();
});
