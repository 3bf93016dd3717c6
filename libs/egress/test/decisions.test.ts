import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { redactUrl } from '../src/decisions.ts';
import type { Decision } from '../src/egress.ts';
import { guardFor, serve, until } from './loopback.ts';

test('each hop tells once what was decided and what it cost, without a value of the query', async () => {
  const page = Buffer.from('a page '.repeat(1_000));
  const { base, port } = await serve((request, response) => {
    if (request.url?.startsWith('/go'))
      return void response.writeHead(302, { location: '/page?token=canary' }).end('moved');
    if (request.url === '/away')
      return void response.writeHead(302, { location: 'http://10.0.0.1/?secret=canary' }).end();
    if (request.url === '/broken') return void request.socket.destroy();
    response.writeHead(200, { 'content-encoding': 'gzip', 'x-secret': 'canary' }).end(gzipSync(page));
  });
  const told: Decision[] = [];
  const guard = guardFor([port], { profile: 'web', onDecision: (decision) => told.push(decision) });
  const init = { key: 'tenant tool', headers: { authorization: 'canary' } };
  await guard.read(`${base}/go?api_key=canary&b=canary#canary`, init);
  const [first, second] = told.splice(0);
  assert.ok(first !== undefined && second !== undefined);
  assert.equal(first.id, second.id);
  assert.deepEqual([first.hop, second.hop, first.status, second.status], [0, 1, 302, 200]);
  assert.equal(first.url, `${base}/go?api_key=&b=`);
  assert.equal(second.url, `${base}/page?token=`);
  assert.deepEqual(
    [second.verdict, second.profile, second.key, second.host, second.port, second.addresses, second.peer],
    ['allow', 'web', 'tenant tool', '127.0.0.1', port, ['127.0.0.1'], '127.0.0.1'],
  );
  assert.deepEqual([second.bytes, second.encodedBytes], [page.length, gzipSync(page).length]);
  assert.ok(first.connectMs > 0);
  await assert.rejects(guard.read(`${base}/away`, init));
  await assert.rejects(guard.read(`${base}/broken`, init));
  await assert.rejects(guard.read('http://user:canary@example.com/', init));
  assert.deepEqual(
    told.map(({ verdict, code, hop }) => [verdict, code, hop]),
    [
      ['allow', undefined, 0],
      ['block', 'address', 1],
      ['allow', 'connect', 0],
      ['block', 'credentials', 0],
    ],
  );
  assert.doesNotMatch(JSON.stringify([first, second, told]), /canary/);
});

test('a stream tells when it has ended, and a listener that throws changes nothing', async () => {
  const { base, port } = await serve((_request, response) => response.end('x'.repeat(1_000)));
  let told = 0;
  const guard = guardFor([port], {
    onDecision: ({ bytes }) => {
      told += bytes;
      throw new Error('of the listener');
    },
  });
  const response = await guard.fetch(base);
  assert.equal((await response.text()).length, 1_000);
  await until(() => told === 1_000, 'told of all bytes');
});

test('counters add up', async () => {
  const { base, port } = await serve((_request, response) => response.end('x'));
  const guard = guardFor([port], { lookup: async () => ['127.0.0.1'] });
  await guard.read(`http://name.example:${port}/`);
  await guard.read(base);
  for (const url of ['http://10.0.0.1/', 'http://10.0.0.2/', 'http://localhost/'])
    await assert.rejects(guard.read(url));
  const stats = guard.stats();
  assert.deepEqual(stats.verdicts, { allow: 2, block: 3, report: 0 });
  assert.deepEqual(stats.codes, { address: 2, host: 1 });
  assert.deepEqual([stats.pools, stats.active, stats.queued, stats.bytes], [2, 0, 0, 2]);
  assert.ok(stats.sockets >= 1);
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  assert.equal(sum(stats.hopMs.counts), 5);
  assert.equal(sum(stats.connectMs.counts), 2);
  assert.equal(stats.hopMs.counts.length, stats.hopMs.bounds.length + 1);
});

test('a URL inside a path shows no query either', () => {
  const target = encodeURIComponent('https://example.com/?token=canary');
  assert.equal(redactUrl(new URL(`https://r.example/${target}`)), 'https://r.example/https%3A%2F%2Fexample.com%2F%3F…');
  assert.equal(redactUrl(new URL('https://a.example/p?x=1&y=2&x=3#z')), 'https://a.example/p?x=&y=&x=');
});
