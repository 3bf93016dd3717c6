import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { guardFor, isCode, serve, until } from './loopback.ts';

/** Answers only when told to. */
const holder = async () => {
  const held: ServerResponse[] = [];
  let most = 0;
  const served = await serve((_request, response) => {
    held.push(response);
    most = Math.max(most, held.length);
  });
  return {
    ...served,
    held,
    most: () => most,
    release: () => held.shift()?.end('x'),
  };
};

test('one host has so many calls under way, and others pass by those that wait', async () => {
  const [first, second] = [await holder(), await holder()];
  const lookup = async (): Promise<string[]> => ['127.0.0.1'];
  const guard = guardFor([first.port, second.port], { lookup, pace: { perHost: 2, concurrency: 3 } });
  const a = Array.from({ length: 4 }, () => guard.read(`http://a.example:${first.port}/`));
  await until(() => first.held.length === 2, 'two at a');
  const b = [guard.read(`http://b.example:${second.port}/`), guard.read(`http://b.example:${second.port}/`)];
  await until(() => second.held.length === 1, 'one at b: three in all');
  assert.deepEqual([guard.stats().active, guard.stats().queued], [3, 3]);
  for (let turn = 0; turn < 6; turn++) {
    await until(() => first.held.length + second.held.length > 0, 'someone is served');
    assert.ok(first.held.length <= 2 && first.held.length + second.held.length <= 3);
    if (first.release() === undefined) second.release();
  }
  await Promise.all([...a, ...b]);
  assert.deepEqual([guard.stats().active, guard.stats().queued], [0, 0]);
  assert.ok(first.most() <= 2 && second.most() <= 2);
});

test('the queue has an end, and who waits in it may give up', async () => {
  const { base, port, held, release } = await holder();
  const guard = guardFor([port], { pace: { perHost: 1, queue: 1 } });
  const first = guard.read(base);
  await until(() => held.length === 1, 'one is served');
  const controller = new AbortController();
  const second = guard.read(base, { signal: controller.signal });
  second.catch(() => undefined);
  await until(() => guard.stats().queued === 1, 'one waits');
  await assert.rejects(guard.read(base), isCode('busy'));
  controller.abort();
  await assert.rejects(second, isCode('timeout'));
  assert.equal(guard.stats().queued, 0);
  await assert.rejects(guard.read(base, { timeoutMs: 50 }), isCode('timeout'));
  release();
  await first;
  assert.equal(held.length, 0, 'who gave up was never sent');
});

test('a place is given back however a call ends', async () => {
  const { base, port } = await serve((request, response) => {
    if (request.url === '/reset') return void request.socket.destroy();
    if (request.url === '/loop') return void response.writeHead(302, { location: '/loop' }).end();
    if (request.url === '/type') return void response.writeHead(200, { 'content-type': 'image/png' }).end('x');
    if (request.url === '/big') return void response.end(Buffer.alloc(100_000));
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip');
  });
  const guard = guardFor([port], { maxBytes: 10_000, pace: { perHost: 1, concurrency: 1, queue: 0 } });
  for (const path of ['/reset', '/loop', '/type', '/big', '/broken'])
    await assert.rejects(
      guard.read(base + path, { acceptTypes: path === '/type' ? ['text/html'] : ['', 'text/html'] }),
    );
  await assert.rejects(guard.read('http://10.0.0.1/'), isCode('address'));
  await assert.rejects(guard.read(`http://127.0.0.1:1/`), isCode('port'));
  assert.equal(guard.stats().active, 0);
});

test('each key has a bucket of calls that fills by the clock', async () => {
  const { base, port } = await serve((_request, response) => response.end());
  let now = 0;
  const guard = guardFor([port], { clock: () => now, pace: { rate: { perSecond: 2, burst: 3 } } });
  const call = (key?: string) => guard.read(base, key === undefined ? {} : { key });
  for (let turn = 0; turn < 3; turn++) await call('tenant tool');
  await assert.rejects(call('tenant tool'), isCode('busy'));
  await call('other tool');
  await call();
  now += 499;
  await assert.rejects(call('tenant tool'), isCode('busy'));
  now += 2;
  await call('tenant tool');
  await assert.rejects(call('tenant tool'), isCode('busy'));
  now += 3_600_000;
  for (let turn = 0; turn < 3; turn++) await call('tenant tool');
  await assert.rejects(call('tenant tool'), isCode('busy'), 'no more than a burst is saved');
});

test('each key has a budget of bytes in a window', async () => {
  const { base, port } = await serve((request, response) =>
    request.resume().on('end', () => response.end('x'.repeat(600))),
  );
  let now = 0;
  const guard = guardFor([port], { clock: () => now, pace: { byteBudget: { bytes: 1_000, windowMs: 60_000 } } });
  await guard.read(base, { key: 'a' });
  await guard.read(base, { key: 'a', method: 'POST', body: 'y'.repeat(100) });
  await assert.rejects(guard.read(base, { key: 'a' }), isCode('busy'));
  await guard.read(base, { key: 'b' });
  now += 60_000;
  await guard.read(base, { key: 'a' });
});
