import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, SallyportError } from '../src/client.ts';
import { createRuns } from '../src/resources/runs.ts';
import { createTransport } from '../src/transport.ts';
import { END, envelope, hangUp, json, problem, sse, stream, type Wire, wire } from './wire.ts';

async function follow(server: Wire, after?: number): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of createClient({ baseUrl: server.url }).runs.follow('r', { after })) seen.push(event.seq);
  await server.close();
  return seen;
}

test('a stream is given out in order and ends with the end message', async () => {
  const server = await wire(stream([sse(0), sse(1), sse(2, 'run.succeeded'), END], { open: true }));
  assert.deepEqual(await follow(server), [0, 1, 2]);
  assert.equal(server.asked.length, 1);
  assert.equal(server.asked[0]?.headers['last-event-id'], undefined);
  assert.equal(server.asked[0]?.headers.accept, 'text/event-stream');
});

test('a stream cut in the middle of an event is resumed after the last whole one', async () => {
  const server = await wire(
    stream([sse(0), sse(1), sse(2).slice(0, 30)], { cut: true }),
    hangUp,
    stream([sse(2), sse(3, 'run.failed'), END]),
  );
  assert.deepEqual(await follow(server), [0, 1, 2, 3]);
  assert.deepEqual(
    server.asked.map((one) => one.headers['last-event-id']),
    [undefined, '1', '1'],
  );
});

test('a repeated event is given out once', async () => {
  const server = await wire(stream([sse(0), sse(1)]), stream([sse(0), sse(1), sse(2, 'run.succeeded'), END]));
  assert.deepEqual(await follow(server), [0, 1, 2]);
});

test('a gap is fetched before the event after it is given out', async () => {
  const server = await wire(
    stream([sse(0), sse(3), sse(4, 'run.succeeded'), END], { open: true }),
    json({ data: [envelope(1), envelope(2), envelope(3), envelope(4)], next_cursor: null }),
  );
  assert.deepEqual(await follow(server), [0, 1, 2, 3, 4]);
  assert.equal(server.asked[1]?.url, '/v1/runs/r/events?after=0');
});

test('a gap that the log has too is an error, not a silence', async () => {
  const server = await wire(stream([sse(0), sse(3)], { open: true }), json({ data: [], next_cursor: null }));
  await assert.rejects(follow(server), { code: 'stream_gap' });
  await server.close();
});

test('resuming after a seq sends it and passes over what came before', async () => {
  const server = await wire(stream([sse(4), sse(5), sse(6, 'run.cancelled'), END]));
  assert.deepEqual(await follow(server, 5), [6]);
  assert.equal(server.asked[0]?.headers['last-event-id'], '5');
});

test('a stream that breaks after the terminal event is over', async () => {
  const server = await wire(stream([sse(0), sse(1, 'run.succeeded')], { cut: true }));
  assert.deepEqual(await follow(server), [0, 1]);
  assert.equal(server.asked.length, 1);
});

test('control messages without an id are passed over', async () => {
  const live = 'event: model.delta\ndata: {"text":"half a sen"}\n\n';
  const server = await wire(stream([sse(0), live, 'event: news\ndata: not json\n\n', sse(1, 'run.succeeded'), END]));
  assert.deepEqual(await follow(server), [0, 1]);
});

test('a server that is not ready is asked again; a missing run is final', async () => {
  const busy = problem(503, 'unavailable', { 'retry-after': '0' });
  assert.deepEqual(await follow(await wire(busy, busy, stream([sse(0, 'run.succeeded'), END]))), [0]);
  const missing = await wire(problem(404, 'not_found'));
  await assert.rejects(follow(missing), { code: 'not_found', status: 404 });
  assert.equal(missing.asked.length, 1);
  await missing.close();
});

test('breaks without an event between are bounded', async () => {
  const server = await wire(hangUp);
  const runs = createRuns(createTransport({ baseUrl: server.url }), { mostBreaks: 2, silenceMs: 1_000 });
  await assert.rejects(runs.follow('r').next(), { code: 'unreachable' });
  assert.equal(server.asked.length, 3);
  await server.close();
});

test('a stream that falls silent is opened again', async () => {
  const server = await wire(stream([sse(0)], { open: true }), stream([sse(1, 'run.succeeded'), END]));
  const runs = createRuns(createTransport({ baseUrl: server.url }), { mostBreaks: 3, silenceMs: 100 });
  const seen: number[] = [];
  const breaks: (string | undefined)[] = [];
  for await (const event of runs.follow('r', { onReconnect: (error) => breaks.push(error?.code) }))
    seen.push(event.seq);
  assert.deepEqual(seen, [0, 1]);
  assert.deepEqual(breaks, ['timeout']);
  await server.close();
});

test("an abort ends the follow with the signal's reason, also while it waits to reconnect", async () => {
  for (const answer of [stream([sse(0)], { open: true }), hangUp]) {
    const server = await wire(answer);
    const stop = new AbortController();
    const follower = createClient({ baseUrl: server.url }).runs.follow('r', {
      signal: stop.signal,
      onReconnect: () => stop.abort(new Error('enough')),
    });
    if (answer !== hangUp) await follower.next();
    const next = follower.next();
    if (answer !== hangUp) stop.abort(new Error('enough'));
    await assert.rejects(next, /enough/);
    await server.close();
  }
});

test('an answer that is no event stream is refused', async () => {
  const server = await wire(json({ data: [] }));
  await assert.rejects(follow(server), (error) => error instanceof SallyportError && error.code === 'bad_answer');
  await server.close();
});

test('an event of endless length is refused', async () => {
  const server = await wire((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: ');
    const piece = 'x'.repeat(1024 * 1024);
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
  });
  await assert.rejects(follow(server), { code: 'too_large' });
  await server.close();
});
