import assert from 'node:assert/strict';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, describe, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { FairQueue } from '../../src/parse/fair-queue.ts';
import { createParser, type DocumentParser, ParseError } from '../../src/parse/parse.ts';
import { stream, textPdf } from './make-pdf.ts';

const MIB = 1024 * 1024;
const page = (body: string): Buffer =>
  Buffer.from(`<!doctype html><html><head><title>A title</title></head><body>${body}</body></html>`);
const hasCode = (code: string) => (error: unknown) => error instanceof ParseError && error.code === code;
const readText = (parser: DocumentParser, text = '# ok', key?: string) =>
  parser.read({ bytes: Buffer.from(text), contentType: 'text/markdown', ...(key === undefined ? {} : { key }) });
/** Two lines on one page, written again and again; what lies beside the page would not be read. */
const LINES = '(a) Tj 0 -9 Td (b) Tj 0 9 Td ';
/** A page that keeps a thread at work for some seconds, in a tree and thus after its early words. */
const SLOW = page('<a href="/x">y</a> '.repeat(45_000));

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 2_000, 'the condition came true');
    await later(5);
  }
}

/**
 * This thread answers while `work` runs: within 200 ms, or on a machine that has no time for it, in a small part of the time that the
 * work took. Work in this very thread would stall it for all of that time.
 */
async function assertAnswering(work: () => Promise<unknown>): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const from = performance.now();
  delay.enable();
  await work();
  delay.disable();
  const stalled = Math.round(delay.max / 1e6);
  const took = Math.round(performance.now() - from);
  assert.ok(stalled < Math.max(200, took / 3), `stalled for ${stalled} ms of ${took}`);
}

describe('a hostile page of 10 MiB is read as text, and neither stalls the caller nor ends the pool', () => {
  const size = 10 * MIB;
  const fill = (part: string): string => part.repeat(size / part.length);
  const table: readonly [name: string, body: string][] = [
    ['nested blocks', fill('<div>')],
    ['nested tables', fill('<table><tr><td>x')],
    ['rows without end', `<table>${fill('<tr><td>x')}`],
    ['entities', fill('&lt;&amp;&#x41;')],
    ['open links', fill('<a href="x">')],
    ['one tag of attributes', `<p ${fill('a=b ')}>`],
    ['tags that never end', fill('<a ')],
    ['comments in comments', fill('<!--')],
    ['nothing but blanks', fill(' \n')],
  ];
  const parser = createParser({ threads: 1, timeoutMs: 30_000 });
  for (const [name, body] of table)
    test(name, async () => {
      const bytes = page(body);
      await assertAnswering(async () => {
        const read = await parser.read({ bytes, contentType: 'text/html' });
        assert.deepEqual([read.mode, read.truncated], ['text', true]);
        assert.ok(read.markdown.length <= MIB && read.links.length <= 500);
      });
    });
  test('and the same thread reads on', async () => {
    assert.equal((await readText(parser)).title, 'ok');
    assert.equal(parser.load().threads, 1);
    await parser.close();
  });
});

describe('text that makes a careless pattern quadratic is read in full and in time', () => {
  const blanks = ' '.repeat(1_000_000);
  const pdf = (content: string): Buffer => textPdf([{ content: stream(`BT /F1 1 Tf 72 400 Td ${content} ET`) }]);
  const table: readonly [name: string, type: string, bytes: Buffer, mode: string][] = [
    ['blanks in code', 'text/html', page(`<pre>a${blanks}b</pre>`), 'readable'],
    [
      'blanks in a cell',
      'text/html',
      page(`<table><tr><th><code>a${blanks}b</code></th><td>x</td></tr></table>`),
      'readable',
    ],
    ['blanks in an item', 'text/html', page(`<ul><li><pre>a${blanks}b</pre></li></ul>`), 'readable'],
    ['hard blanks', 'text/html', page(`<p>a${'\u00a0'.repeat(500_000)}b</p>`), 'readable'],
    ['addresses of dots', 'text/plain', Buffer.from(`http://a${'.'.repeat(1_990)}x `.repeat(250)), 'text'],
    ['lines of one letter', 'application/pdf', pdf(LINES.repeat(100_000)), 'text'],
    [
      'blanks of a PDF',
      'application/pdf',
      pdf(`(a) Tj ${'(                    ) Tj 0 0 Td '.repeat(50_000)}0 -9 Td (b) Tj`),
      'text',
    ],
  ];
  const parser = createParser({ threads: 1, timeoutMs: 20_000 });
  for (const [name, contentType, bytes, mode] of table)
    test(name, async () => {
      const read = await parser.read({ bytes, contentType });
      assert.deepEqual([read.mode, read.truncated], [mode, false]);
      assert.match(read.markdown, /a[\s\S]*[bx]/);
    });
  after(() => parser.close());
});

test('a page whose tree takes too long is worth its words', async () => {
  const parser = createParser({ threads: 1, timeoutMs: 4_000 });
  await parser.read({ bytes: page('warm'), contentType: 'text/html' });
  await assertAnswering(async () => {
    const read = await parser.read({ bytes: SLOW, contentType: 'text/html', url: 'https://site.example/' });
    assert.deepEqual([read.mode, read.truncated, read.links[0]?.url], ['text', false, 'https://site.example/x']);
  });
  assert.equal((await readText(parser)).title, 'ok');
  await parser.close();
});

test('a parse that takes too long is ended and the next one succeeds', async () => {
  const parser = createParser({ threads: 1, timeoutMs: 400 });
  await readText(parser);
  const endless = stream(`BT /F1 1 Tf 72 400 Td ${LINES.repeat(300_000)} ET`);
  const bytes = textPdf([{ content: endless }]);
  await assert.rejects(parser.read({ bytes, contentType: 'application/pdf' }), hasCode('parse_timeout'));
  await until(() => parser.load().threads === 0);
  await parser.close();
});

test('a thread whose buffers outgrow their limit is ended with a code', async () => {
  const parser = createParser({ threads: 1, mostExternalBytes: 24 * MIB });
  const content = stream(`BT /F1 1 Tf 72 400 Td ${LINES.repeat(700_000)} ET`);
  const bytes = textPdf([{ content }]);
  await assert.rejects(parser.read({ bytes, contentType: 'application/pdf' }), hasCode('document_too_large'));
  assert.equal((await readText(parser)).title, 'ok');
  await parser.close();
});

test('the bytes stay the caller’s, whole and unmoved', async () => {
  const parser = createParser({ threads: 1 });
  const holder = Buffer.from('xx# part of a larger buffer');
  const bytes = holder.subarray(2, 8);
  assert.equal((await parser.read({ bytes, contentType: 'text/markdown' })).title, 'part');
  assert.equal(holder.toString(), 'xx# part of a larger buffer');
  await parser.close();
});

test('idle threads are given back, with their memory', async () => {
  const parser = createParser({ threads: 2, idleMs: 20 });
  await Promise.all([readText(parser), readText(parser)]);
  await until(() => parser.load().threads === 0);
  assert.equal((await readText(parser)).title, 'ok');
  await parser.close();
});

test('many large documents leave no memory behind', async () => {
  const parser = createParser({ threads: 1, idleMs: 10 });
  const bytes = page('some words '.repeat(300_000));
  const round = async (): Promise<number> => {
    for (let turn = 0; turn < 2; turn++) await parser.read({ bytes, contentType: 'text/html' });
    await until(() => parser.load().threads === 0);
    return process.memoryUsage().external;
  };
  const first = await round();
  const second = await round();
  assert.ok(second - first < 2 * bytes.length, `${Math.round((second - first) / MIB)} MiB more`);
  await parser.close();
});

test('who sends many documents waits for his own, others do not', async () => {
  const parser = createParser({ threads: 1 });
  const order: string[] = [];
  const send = (key: string): Promise<unknown> => readText(parser, '# ok', key).then(() => order.push(key));
  await Promise.all([...Array.from({ length: 20 }, () => send('greedy')), send('modest'), send('other')]);
  assert.ok(order.indexOf('modest') <= 2 && order.indexOf('other') <= 3, order.join(' '));
  await parser.close();
});

test('a full queue refuses, and refuses only the key that filled its share', async () => {
  const parser = createParser({ threads: 1 });
  const sent = Array.from({ length: 60 }, () => readText(parser, '# ok', 'greedy'));
  const modest = readText(parser, '# ok', 'modest');
  const settled = await Promise.allSettled(sent);
  const refused = settled.filter((each) => each.status === 'rejected');
  assert.ok(refused.length > 0 && refused.every((each) => hasCode('parse_busy')(each.reason)));
  assert.equal((await modest).title, 'ok');
  await parser.close();
});

test('closing ends the documents at work and in wait, and nothing is read afterwards', async () => {
  const parser = createParser({ threads: 1 });
  await readText(parser);
  const atWork = parser.read({ bytes: SLOW, contentType: 'text/html' });
  const waiting = readText(parser);
  const both = Promise.allSettled([atWork, waiting]);
  assert.deepEqual(parser.load(), { threads: 1, running: 1, waiting: 1 });
  await parser.close();
  for (const each of await both) assert.ok(each.status === 'rejected' && hasCode('parse_failed')(each.reason));
  await assert.rejects(readText(parser), hasCode('parse_failed'));
  await parser.close();
  assert.deepEqual(parser.load(), { threads: 0, running: 0, waiting: 0 });
});

test('the queue is bounded by count, by key and by bytes, and serves its keys in turn', () => {
  const queue = new FairQueue<number>({ most: 5, mostOfKey: 3, mostBytes: 100 });
  const added = [1, 2, 3, 4].map((value) => queue.add('a', value, 10));
  assert.deepEqual(added, [true, true, true, false]);
  assert.equal(queue.add('b', 5, 71), false);
  assert.deepEqual([queue.add('b', 5, 70), queue.add('c', 6, 0), queue.add('d', 7, 0)], [true, true, false]);
  const running = new Map([['c', 1]]);
  const taken = Array.from({ length: 6 }, () => queue.take((key) => running.get(key) ?? 0)?.value);
  assert.deepEqual(taken, [1, 5, 2, 3, 6, undefined]);
  assert.deepEqual([queue.size, queue.add('a', 8, 100), queue.drain(), queue.size], [0, true, [8], 0]);
});

test('behind the fence a thread has no network and no buffer without bound', async () => {
  const fence = new URL('../../src/parse/fence.ts', import.meta.url).href;
  const source = `
    const { parentPort } = require('node:worker_threads');
    const { deflateSync } = require('node:zlib');
    const tries = (act) => { try { act(); return 'done'; } catch (error) { return error.name; } };
    const inflate = async (bytes) => {
      const { readable, writable } = new DecompressionStream('deflate');
      const writer = writable.getWriter();
      const sent = writer.write(bytes).then(() => writer.close());
      return Promise.all([new Response(readable).arrayBuffer(), sent]).then(([all]) => all.byteLength, () => 'refused');
    };
    import(${JSON.stringify(fence)}).then(async ({ raiseFence }) => {
      const zeros = (mib) => deflateSync(Buffer.alloc(mib * 1024 * 1024));
      const fence = raiseFence();
      const answers = [];
      answers.push(['fetch', 'WebSocket', 'EventSource', 'Request'].filter((name) => name in globalThis).length);
      answers.push(await inflate(zeros(1)), fence.tripped());
      answers.push(await inflate(zeros(64)), fence.tripped());
      fence.start();
      answers.push(tries(() => new Uint8Array(64 * 1024 * 1024)), fence.tripped());
      fence.start();
      answers.push(tries(() => { for (let i = 0; i < 100; i++) new Uint8Array(8 * 1024 * 1024); }), fence.tripped());
      fence.start();
      answers.push(new Uint8Array([1, 2]) instanceof Uint8Array, fence.tripped());
      parentPort.postMessage(answers);
    });`;
  const thread = new Worker(source, { eval: true });
  const [answers] = await once(thread, 'message');
  await thread.terminate();
  assert.deepEqual(answers, [0, MIB, false, 'refused', true, 'RangeError', true, 'RangeError', true, true, false]);
});
