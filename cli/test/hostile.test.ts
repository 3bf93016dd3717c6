// A page of 10 MiB that is hostile to parsers, read by a real server process while its health is asked for without a pause.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createClient } from '@sallyport/client';
import { type Bench, bench } from './instance.ts';

const SIZE = 10 * 1024 * 1024 - 1_000;
const fill = (part: string): string => part.repeat(Math.floor(SIZE / part.length));
const PAGES: Readonly<Record<string, string>> = {
  '/nested': fill('<div>'),
  '/table': `<table>${fill('<tr><td>x')}`,
  '/entities': fill('&lt;&amp;&#x41;'),
  '/links': fill('<a href="x">'),
};
/** A node that is only busy answers within this; a parse on its main thread takes seconds. */
const STALL_MS = 200;
/** Others may use the machine too: a probe that is late now and then is not the server's stall, one in fifty is. */
const MOST_LATE = 0.02;

const site = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end(`<!doctype html><title>Hostile</title><body>${PAGES[request.url ?? ''] ?? ''}`);
});
let place: Bench;

before(async () => {
  place = bench();
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  await place.clear();
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
});

/** Latencies of probes one after another, less what this process itself was late by. */
async function probe(url: string, over: AbortSignal): Promise<number[]> {
  const latencies: number[] = [];
  while (!over.aborted) {
    let lag = 0;
    let tick = performance.now();
    const beat = setInterval(() => {
      const now = performance.now();
      lag = Math.max(lag, now - tick - 5);
      tick = now;
    }, 5);
    const began = performance.now();
    const answer = await fetch(`${url}/healthz`);
    await answer.arrayBuffer();
    latencies.push(performance.now() - began - lag);
    clearInterval(beat);
    assert.equal(answer.status, 200);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return latencies;
}

test('hostile pages of 10 MiB neither stall the health of a node nor cost its lease', async () => {
  const { port } = site.address() as AddressInfo;
  const server = await place.serve(['--egress-allow', `127.0.0.1/32:${port}`]);
  const client = createClient({ baseUrl: server.ready.url, apiKey: server.ready.api_key ?? '' });
  const over = new AbortController();
  const probes = probe(server.ready.url, over.signal);
  const urls = Object.keys(PAGES).map((path) => `http://127.0.0.1:${port}${path}`);
  const run = await client.runs.create({ skill: 'web-digest', task: 'Digest it.', input: { urls } });
  const types: string[] = [];
  for await (const event of client.runs.follow(run.id)) types.push(event.type);
  over.abort();
  const latencies = await probes;
  const late = latencies.filter((ms) => ms > STALL_MS);
  assert.ok(latencies.length > 20, `only ${latencies.length} probes`);
  assert.ok(
    late.length <= latencies.length * MOST_LATE,
    `${late.length} of ${latencies.length} probes were late: ${late.map(Math.round).join(' ')}`,
  );
  assert.equal(types.at(-1), 'run.succeeded');
  assert.ok(!types.includes('run.resumed'), 'the lease was kept');
  assert.doesNotMatch(server.stderr(), /lease_lost/);
});
