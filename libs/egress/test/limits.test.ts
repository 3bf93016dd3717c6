import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type EgressCode, EgressError } from '../src/egress.ts';
import { guardFor, isCode, serve, serveRaw, text, until } from './loopback.ts';

const MIB = 1024 * 1024;
const bomb = Buffer.alloc(40 * MIB);
const plain = Buffer.from('a text that is coded');
const BODIES: Readonly<Record<string, readonly [encoding: string, body: Uint8Array]>> = {
  gzip: ['gzip', gzipSync(plain)],
  'x-gzip': ['X-GZIP', gzipSync(plain)],
  br: ['br', brotliCompressSync(plain)],
  deflate: ['deflate', deflateSync(plain)],
  'raw deflate': ['deflate', deflateRawSync(plain)],
  zstd: ['zstd', zstdCompressSync(plain)],
  identity: ['identity', plain],
  two: ['gzip, br', brotliCompressSync(gzipSync(plain))],
  'identity beside': ['identity, gzip', gzipSync(plain)],
};
const REFUSED: Readonly<Record<string, readonly [encoding: string, body: Uint8Array, code: EgressCode]>> = {
  three: ['gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(plain))), 'encoding'],
  fifty: [Array(50).fill('gzip').join(','), plain, 'encoding'],
  unknown: ['compress', plain, 'encoding'],
  mixed: ['gzip, foo', plain, 'encoding'],
  broken: ['gzip', plain, 'encoding'],
  cut: ['gzip', gzipSync(plain).subarray(0, 20), 'encoding'],
  'gzip bomb': ['gzip', gzipSync(bomb), 'ratio'],
  'br bomb': ['br', brotliCompressSync(bomb), 'ratio'],
  'zstd bomb': ['zstd', zstdCompressSync(bomb), 'ratio'],
  'bomb in a bomb': ['gzip, gzip', gzipSync(gzipSync(bomb)), 'ratio'],
};

test('codings are undone, two at most, and bombs end at their ratio', async () => {
  const { port, base } = await serve((request, response) => {
    const name = decodeURIComponent(request.url?.slice(1) ?? '');
    const [encoding, body] = BODIES[name] ?? REFUSED[name] ?? ['', Buffer.alloc(0)];
    response.writeHead(200, { 'content-encoding': encoding }).end(body);
  });
  const guard = guardFor([port], { maxBytes: 100 * MIB });
  for (const name of Object.keys(BODIES)) {
    assert.equal(text((await guard.read(`${base}/${name}`)).body), plain.toString(), name);
    assert.equal(await (await guard.fetch(`${base}/${name}`)).text(), plain.toString(), name);
  }
  for (const [name, [, , code]] of Object.entries(REFUSED)) {
    await assert.rejects(guard.read(`${base}/${name}`), isCode(code), name);
    await assert.rejects(
      guard.fetch(`${base}/${name}`).then((response) => response.arrayBuffer()),
      name,
    );
  }
});

test('sizes are bounded on the wire and off it, announced or not, and never widened by a call', async () => {
  const { port, base, open } = await serve((request, response) => {
    if (request.url === '/announced')
      return void response.writeHead(200, { 'content-length': 5 * MIB }).end(Buffer.alloc(5 * MIB));
    if (request.url === '/coded')
      return void response
        .writeHead(200, { 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(MIB / 2 + 1, 'ab')));
    const timer = setInterval(() => response.write(Buffer.alloc(256 * 1024)), 1);
    response.on('close', () => clearInterval(timer));
  });
  const guard = guardFor([port], { maxBytes: MIB / 2 });
  for (const path of ['/announced', '/endless', '/coded']) {
    // A small coded body has ended on the wire before it is too large, and its connection is kept.
    if (path === '/coded') await until(() => open() === 0, 'refused bodies have no socket');
    await assert.rejects(guard.read(base + path), isCode('too-large'), path);
    await assert.rejects(guard.read(base + path, { maxBytes: 100 * MIB }), isCode('too-large'), path);
    await assert.rejects(
      guard.fetch(base + path).then((response) => response.arrayBuffer()),
      isCode('too-large'),
      path,
    );
  }
});

test('bytes on the wire are bounded though nothing comes out of them', async () => {
  const { port, base } = await serve((_request, response) => {
    const empty = gzipSync('');
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(Buffer.alloc(empty.length * 20_000, empty));
  });
  await assert.rejects(guardFor([port], { maxBytes: 100_000 }).read(base), isCode('too-large'));
});

test('a body that comes byte by byte, or not at all, ends at the deadline', async () => {
  const { port, base, open } = await serve((request, response) => {
    if (request.url === '/silent') return;
    response.writeHead(200);
    if (request.url === '/half') return void response.write('x');
    const timer = setInterval(() => response.write('x'), 10);
    response.on('close', () => clearInterval(timer));
  });
  const guard = guardFor([port], { timeoutMs: 300 });
  for (const path of ['/silent', '/half', '/drip'])
    await assert.rejects(guard.read(base + path), isCode('timeout'), path);
  await until(() => open() === 0, 'the deadline destroys the sockets');
});

test('the deadline is one for all hops', async () => {
  const { port, base } = await serve((request, response) => {
    const at = Number(request.url?.slice(1));
    setTimeout(() => response.writeHead(302, { location: `/${at + 1}` }).end(), 150);
  });
  await assert.rejects(guardFor([port], { timeoutMs: 400, maxRedirects: 20 }).read(`${base}/0`), (error) => {
    assert.ok(error instanceof EgressError && error.code === 'timeout', String(error));
    assert.ok(error.hop >= 1 && error.hop <= 4, `hop ${error.hop}`);
    return true;
  });
});

test('a body that nobody reads dies at the deadline, and a cancelled one at once', async () => {
  const { port, base, open } = await serve((_request, response) => {
    const timer = setInterval(() => response.write(Buffer.alloc(16 * 1024)), 1);
    response.on('close', () => clearInterval(timer));
  });
  const guard = guardFor([port], { maxBytes: 1024 * MIB });
  const unread = await guard.fetch(base, { timeoutMs: 200 });
  assert.equal(unread.status, 200);
  await until(() => open() === 0, 'the unread body is gone');
  await assert.rejects(unread.text(), isCode('timeout'));
  const cancelled = await guard.fetch(base);
  await cancelled.body?.cancel();
  await until(() => open() === 0, 'the cancelled body is gone');
});

test('a reader that stops reading stops the sender', async () => {
  let sent = 0;
  const { port, base } = await serve((_request, response) => {
    const push = (): void => {
      if (sent >= 64 * MIB) return void response.end();
      sent += 64 * 1024;
      if (response.write(Buffer.alloc(64 * 1024))) setImmediate(push);
      else response.once('drain', push);
    };
    push();
  });
  const response = await guardFor([port], { maxBytes: 100 * MIB }).fetch(base);
  const reader = response.body?.getReader();
  await reader?.read();
  let before = -1;
  while (before !== sent) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(sent < 32 * MIB, `${sent} bytes were sent to a reader that waits`);
  let total = 0;
  for (let part = await reader?.read(); part !== undefined && !part.done; part = await reader?.read())
    total += part.value.length;
  assert.ok(total > 63 * MIB, 'and the rest comes when it goes on');
});

test('memory does not grow with the body that passes through', async () => {
  const size = 200 * MIB;
  const { port, base } = await serve((_request, response) => {
    const chunk = Buffer.alloc(64 * 1024);
    let left = size;
    const push = (): void => {
      while (left > 0) {
        left -= chunk.length;
        if (!response.write(chunk)) return void response.once('drain', push);
      }
      response.end();
    };
    push();
  });
  const response = await guardFor([port], { maxBytes: 2 * size }).fetch(base);
  const before = process.memoryUsage().arrayBuffers;
  let total = 0;
  let most = 0;
  for await (const chunk of response.body ?? []) {
    total += chunk.length;
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  assert.equal(total, size);
  assert.ok(most < size / 2, `${most} bytes were held`);
});

test('the caller gives up before, during the wait for headers, and in the body', async () => {
  const { port, base, open } = await serve((request, response) => {
    if (request.url === '/body') response.writeHead(200).write('x');
  });
  const guard = guardFor([port]);
  await assert.rejects(guard.read(base, { signal: AbortSignal.abort() }), isCode('timeout'));
  for (const path of ['/headers', '/body']) {
    const controller = new AbortController();
    const call = guard.read(base + path, { signal: controller.signal });
    call.catch(() => undefined);
    await until(() => open() === 1, 'connected');
    controller.abort();
    await assert.rejects(call, isCode('timeout'), path);
    await until(() => open() === 0, 'the socket is gone');
  }
});

test('headers are bounded in lines and bytes, and odd answers are errors', async () => {
  const answers: Readonly<Record<string, string>> = {
    lines: `HTTP/1.1 200 OK\r\n${Array.from({ length: 101 }, (_, at) => `x-${at}: y\r\n`).join('')}\r\n`,
    bytes: `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
    hints: `${'HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(11)}HTTP/1.1 200 OK\r\n\r\n`,
    garbage: 'nonsense\r\n\r\n',
    cut: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc',
    switched: 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    both: 'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  };
  const codes: Readonly<Record<string, readonly EgressCode[]>> = {
    lines: ['headers'],
    bytes: ['headers'],
    hints: ['headers'],
    garbage: ['connect'],
    cut: ['connect'],
    switched: ['connect'],
    both: ['connect'],
  };
  for (const [name, answer] of Object.entries(answers)) {
    const { port, base } = await serveRaw((socket) => socket.once('data', () => socket.end(answer)));
    await assert.rejects(guardFor([port]).read(base), isCode(...(codes[name] ?? [])), name);
  }
});

test('types that are not accepted are refused before their body', async () => {
  const { port, base } = await serve((request, response) => {
    response.writeHead(200, { 'content-type': decodeURIComponent(request.url?.slice(1) ?? '') }).end('x');
  });
  const guard = guardFor([port]);
  const init = { acceptTypes: ['text/html', 'text/plain'] };
  for (const type of ['text/html', 'TEXT/HTML; charset=utf-8', 'text/plain ;x=y'])
    assert.equal((await guard.read(`${base}/${encodeURIComponent(type)}`, init)).status, 200, type);
  for (const type of ['', 'image/png', 'text/htmlx', 'application/json; text/html'])
    await assert.rejects(guard.read(`${base}/${encodeURIComponent(type)}`, init), isCode('content-type'), type);
});

test('events of a stream are bounded one by one, and the stream has no end', async () => {
  const event = `data: ${'x'.repeat(40_000)}\n\n`;
  const { port, base } = await serve((request, response) => {
    response.writeHead(200, { 'content-type': request.url === '/json' ? 'application/json' : 'text/event-stream' });
    if (request.url === '/one') return void response.end(`data: ${'x'.repeat(70_000)}\n\n`);
    for (let at = 0; at < 10; at++) response.write(event);
    response.end();
  });
  const guard = guardFor([port], { profile: 'mcp', maxBytes: 64 * 1024 });
  assert.equal((await (await guard.fetch(`${base}/many`)).text()).length, event.length * 10);
  await assert.rejects(guard.read(`${base}/one`), isCode('too-large'));
  await assert.rejects(guard.read(`${base}/json`), isCode('too-large'));
});
