import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createEgressGuard } from '../src/egress.ts';
import { createCertificate } from './certificate.ts';
import { guardFor, isCode, listen, serve, serveRaw, text, until, whenDone } from './loopback.ts';

const { key, cert } = createCertificate(['secure.example', '127.0.0.1']);
const serveTls = async (): Promise<{ port: number; seen: { name: string; protocol: string; version: string }[] }> => {
  const seen: { name: string; protocol: string; version: string }[] = [];
  const server = createHttpsServer({ key, cert, ALPNProtocols: ['h2', 'http/1.1'] }, (request, response) => {
    const socket = request.socket as Socket & { servername?: string; alpnProtocol?: string };
    seen.push({ name: String(socket.servername), protocol: String(socket.alpnProtocol), version: request.httpVersion });
    response.writeHead(200, { 'alt-svc': 'h2="127.0.0.1:1"; ma=3600' }).end('secure');
  });
  server.on('tlsClientError', () => undefined);
  return { port: await listen(server), seen };
};
const loopback = async (): Promise<readonly string[]> => ['127.0.0.1'];

test('TLS holds the certificate against the name, speaks HTTP/1.1 and ignores Alt-Svc', async () => {
  const { port, seen } = await serveTls();
  const trusting = guardFor([port], { certificateAuthorities: [cert], lookup: loopback });
  for (let turn = 0; turn < 2; turn++)
    assert.equal(text((await trusting.read(`https://secure.example:${port}/`)).body), 'secure');
  assert.deepEqual(seen[0], { name: 'secure.example', protocol: 'http/1.1', version: '1.1' });
  assert.equal(text((await trusting.read(`https://127.0.0.1:${port}/`)).body), 'secure');
  assert.equal(seen.at(-1)?.name, 'false', 'an address is sent as no server name');
  await assert.rejects(trusting.read(`https://other.example:${port}/`), isCode('tls'));
  await assert.rejects(guardFor([port], { lookup: loopback }).read(`https://secure.example:${port}/`), isCode('tls'));
});

test('plain HTTP behind https, and silence, are errors', async () => {
  const plain = await serve((_request, response) => response.end());
  await assert.rejects(guardFor([plain.port]).read(`https://127.0.0.1:${plain.port}/`), isCode('tls'));
  const silent = await serveRaw(() => undefined);
  const guard = guardFor([silent.port], { connectTimeoutMs: 100 });
  await assert.rejects(guard.read(`https://127.0.0.1:${silent.port}/`), isCode('connect'));
});

test('a redirect from https to http is refused unless the policy says otherwise', async () => {
  const plain = await serve((_request, response) => response.end('plain'));
  const server = createHttpsServer({ key, cert }, (_request, response) =>
    response.writeHead(302, { location: plain.base }).end(),
  );
  const port = await listen(server);
  const policy = { certificateAuthorities: [cert] };
  const url = `https://127.0.0.1:${port}/`;
  await assert.rejects(guardFor([port, plain.port], policy).read(url), isCode('scheme'));
  const lenient = guardFor([port, plain.port], { ...policy, allowDowngrade: true });
  assert.equal(text((await lenient.read(url)).body), 'plain');
});

const runChild = (
  url: string,
  port: number,
  env: Record<string, string>,
): Promise<{ control: string; guarded: string }> =>
  new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL('./environment-child.ts', import.meta.url));
    const child = spawn(process.execPath, [script, url, String(port)], { env: { PATH: process.env.PATH, ...env } });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    child.stderr.on('data', (chunk) => (err += chunk));
    child.on('close', () => (out === '' ? reject(new Error(err)) : resolve(JSON.parse(out))));
  });

test('proxy variables and the global dispatcher lead a plain fetch astray and this one not', async () => {
  const target = await serve((_request, response) => response.end('the target'));
  const proxy = await serve((_request, response) => response.end('the proxy'));
  proxy.server.on('connect', (_request, socket: Socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'];
  const env = { ...Object.fromEntries(names.map((name) => [name, proxy.base])), NODE_USE_ENV_PROXY: '1', NO_PROXY: '' };
  const { control, guarded } = await runChild(target.base, target.port, env);
  assert.notEqual(control, 'the target', 'the environment has teeth');
  assert.equal(guarded, 'the target');
  assert.equal(target.connections(), 1);
});

test('NODE_TLS_REJECT_UNAUTHORIZED=0 turns a plain fetch’s checks off and this one’s not', async () => {
  const { port } = await serveTls();
  const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' };
  assert.deepEqual(await runChild(`https://127.0.0.1:${port}/`, port, env), { control: 'secure', guarded: 'tls' });
});

const serveProxy = async (status: string): Promise<{ port: number; asked: string[]; heads: string[] }> => {
  const asked: string[] = [];
  const heads: string[] = [];
  const { port } = await serveRaw((socket) => {
    socket.once('data', (chunk) => {
      const head = chunk.toString('latin1');
      heads.push(head);
      const [, host = '', to = ''] = /^CONNECT (.+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? [];
      asked.push(`${host}:${to}`);
      if (!status.includes(' 200 ')) return void socket.end(`${status}\r\n\r\n`);
      const onward = connect(Number(to), host, () => {
        socket.write(`${status}\r\n\r\n`);
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
    });
  });
  return { port, asked, heads };
};

test('a proxy that the operator names gets the checked address, and the name goes into TLS', async () => {
  const secure = await serveTls();
  const plain = await serve((request, response) => response.end(`${request.headers.host}`));
  const proxy = await serveProxy('HTTP/1.1 200 OK');
  const guard = guardFor([secure.port, plain.port], {
    lookup: loopback,
    certificateAuthorities: [cert],
    proxy: { url: `http://127.0.0.1:${proxy.port}`, authorization: 'Basic eDp5' },
  });
  assert.equal(text((await guard.read(`https://secure.example:${secure.port}/`)).body), 'secure');
  assert.equal(text((await guard.read(`http://plain.example:${plain.port}/`)).body), `plain.example:${plain.port}`);
  assert.deepEqual(proxy.asked, [`127.0.0.1:${secure.port}`, `127.0.0.1:${plain.port}`]);
  assert.equal(secure.seen[0]?.name, 'secure.example');
  assert.match(proxy.heads[0] ?? '', /\r\nProxy-Authorization: Basic eDp5\r\n/);
  await assert.rejects(guard.read(`https://other.example:${secure.port}/`), isCode('tls'));
  await assert.rejects(guard.read('http://10.0.0.1/'), isCode('address'));
  assert.equal(proxy.asked.length, 3, 'what is refused does not reach the proxy');
});

test('both doors stand before a proxy, and its refusal is never answered by a direct connection', async () => {
  const target = await serve((_request, response) => response.end());
  const open = await serveProxy('HTTP/1.1 200 OK');
  const url = `http://rebind.example:${target.port}/`;
  const policy = { lookup: loopback, proxy: { url: `http://127.0.0.1:${open.port}` } };
  for (const doors of [
    { outer: true, inner: false },
    { outer: false, inner: true },
  ]) {
    const guard = createEgressGuard(policy, doors);
    await assert.rejects(guard.read(url), isCode('address'));
    await guard.close();
  }
  assert.equal(open.asked.length, 0);
  for (const status of ['HTTP/1.1 407 Proxy Authentication Required', 'HTTP/1.1 502 Bad Gateway', 'nonsense']) {
    const proxy = await serveProxy(status);
    const guard = guardFor([target.port], { ...policy, proxy: { url: `http://127.0.0.1:${proxy.port}` } });
    await assert.rejects(guard.read(url), isCode('connect'), status);
    assert.equal(proxy.asked.length, 1);
  }
  const gone = guardFor([target.port], { ...policy, proxy: { url: 'http://127.0.0.1:1' } });
  await assert.rejects(gone.read(url), isCode('connect'));
  assert.equal(target.connections(), 0);
});

test('connections are kept for an origin and a checked set, and are no other guard’s', async () => {
  const { port, base, connections } = await serve((_request, response) => response.end('x'));
  let answers = ['127.0.0.1'];
  const policy = {
    allowAddresses: [`127.0.0.0/8:${port}`],
    lookup: async () => answers,
  };
  const guard = guardFor([], policy);
  // The HTTP client takes a connection up again one turn of the event loop after its answer.
  const call = async (url: string, from = guard): Promise<void> => {
    await from.read(url);
    await new Promise((resolve) => setTimeout(resolve, 5));
  };
  for (let turn = 0; turn < 5; turn++) await call(`http://a.example:${port}/`);
  assert.equal(connections(), 1, 'kept');
  await call(`http://b.example:${port}/`);
  await call(base);
  assert.equal(connections(), 3, 'another origin');
  answers = ['127.0.0.1', '127.0.0.2'];
  await call(`http://a.example:${port}/`);
  answers = ['127.0.0.2', '127.0.0.1'];
  await call(`http://a.example:${port}/`);
  assert.equal(connections(), 4, 'another set, in any order');
  answers = ['127.0.0.1'];
  await call(`http://a.example:${port}/`, guardFor([], policy));
  assert.equal(connections(), 5, 'another guard');
});

test('pools are bounded: the one that was used longest ago makes room', async () => {
  const { port, connections } = await serve((_request, response) => response.end('x'));
  const guard = guardFor([port], { maxPools: 2, lookup: loopback });
  const call = (name: string): Promise<unknown> => guard.read(`http://${name}.example:${port}/`);
  for (const name of ['a', 'b', 'a', 'c', 'a']) await call(name);
  assert.deepEqual([guard.stats().pools, connections()], [2, 3], 'a stood all the time');
  await call('b');
  assert.equal(connections(), 4);
});

test('a half-broken set of addresses is walked until one answers', async () => {
  const { port } = await serve((_request, response) => response.end('x'));
  const guard = guardFor([], {
    allowAddresses: [`127.0.0.0/8:${port}`, `[::1]/128:${port}`],
    lookup: async () => ['::1', '127.0.0.9', '127.0.0.1'],
  });
  assert.equal(text((await guard.read(`http://many.example:${port}/`)).body), 'x');
});

test('close ends what is under way and leaves nothing that holds the process', async () => {
  const { port, base, open } = await serve((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(200).write('x');
  });
  const guard = createEgressGuard({ allowAddresses: [`127.0.0.1/32:${port}`], pace: { perHost: 2 } });
  const calls = ['/silent', '/body', '/queued'].map((path) => guard.read(base + path));
  const streamed = guard.fetch(base);
  for (const call of [...calls, streamed]) call.catch(() => undefined);
  await until(() => open() === 2, 'two are connected, two wait');
  await guard.close();
  for (const call of [...calls, streamed]) await assert.rejects(call, isCode('timeout', 'not-started'));
  await until(() => open() === 0, 'no socket is left');
  await assert.rejects(guard.read(base), isCode('not-started'));
  assert.deepEqual([guard.stats().active, guard.stats().queued, guard.stats().pools], [0, 0, 0]);
  await guard.close();
});

test('a program that used a guard and closed it ends by itself', async () => {
  const { base, port } = await serve((_request, response) => response.end('x'));
  const source = `
    import { createEgressGuard } from ${JSON.stringify(new URL('../src/egress.ts', import.meta.url).href)};
    const guard = createEgressGuard({ allowAddresses: ['127.0.0.1/32:${port}'] });
    await (await guard.fetch('${base}')).text();
    await guard.fetch('${base}');
    await guard.close();
    process.stdout.write(process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|TLS/.test(name)).join());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], { env: { PATH: process.env.PATH } });
  whenDone(() => void child.kill());
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.deepEqual([status, out], [0, '']);
});
