import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, SallyportError } from '../src/client.ts';
import { hangUp, json, problem, wire } from './wire.ts';

const KEY = 'sp_test_not-a-real-key';

test('the key travels in its header and nowhere else', async () => {
  const server = await wire(json({ tenant_id: 't' }));
  await createClient({ baseUrl: server.url, apiKey: KEY }).me();
  assert.equal(server.asked[0]?.headers.authorization, `Bearer ${KEY}`);
  assert.equal(server.asked[0]?.url, '/v1/me');
  await server.close();
});

test('a path prefix of the base URL is kept', async () => {
  const server = await wire(json({ data: [], next_cursor: null }));
  await createClient({ baseUrl: `${server.url}/agents` }).runs.listPage({ limit: 3 });
  assert.equal(server.asked[0]?.url, '/agents/v1/runs?limit=3');
  await server.close();
});

test('an id cannot reach another route', async () => {
  const server = await wire(json({}));
  const client = createClient({ baseUrl: server.url });
  await client.runs.get('../tenants?x=1#y');
  assert.equal(server.asked[0]?.url, '/v1/runs/..%2Ftenants%3Fx%3D1%23y');
  for (const id of ['', '.', '..']) assert.throws(() => client.runs.get(id), { code: 'invalid_option' });
  await server.close();
});

test('options that cannot be right are refused at once', () => {
  for (const baseUrl of ['ftp://x', 'nonsense', 'http://user:pw@x', 'http://x/?key=1', 'http://x/#k'])
    assert.throws(() => createClient({ baseUrl }), { code: 'invalid_option' });
  for (const apiKey of ['', 'two words', 'line\nbreak'])
    assert.throws(() => createClient({ baseUrl: 'http://x', apiKey }), { code: 'invalid_option' });
});

test('a problem becomes one error with code, fields, request id and retry time', async () => {
  const errors = [{ path: '/task', message: 'too long' }];
  const server = await wire(problem(422, 'brand_new_code', { 'x-request-id': 'q1', 'retry-after': '7' }, { errors }));
  const wrong = await createClient({ baseUrl: server.url })
    .runs.create({ skill: 'web-digest', task: 'x' })
    .catch((error: unknown) => error);
  assert.ok(wrong instanceof SallyportError);
  assert.deepEqual(
    [wrong.code, wrong.status, wrong.title, wrong.errors, wrong.requestId, wrong.retryAfter],
    ['brand_new_code', 422, 'Refused: brand_new_code.', errors, 'q1', 7],
  );
  await server.close();
});

test('an error page that is no problem document keeps its status', async () => {
  const server = await wire((response) => void response.writeHead(502).end('<html>bad gateway'));
  await assert.rejects(createClient({ baseUrl: server.url }).me(), { code: 'http_502', status: 502 });
  await server.close();
});

test('a GET is repeated after a broken connection and while the server is not ready', async () => {
  const server = await wire(hangUp, problem(503, 'migrating', { 'retry-after': '0' }), json({ tenant_id: 't' }));
  assert.deepEqual(await createClient({ baseUrl: server.url }).me(), { tenant_id: 't' });
  assert.equal(server.asked.length, 3);
  await server.close();
});

test('repeats are bounded', async () => {
  const server = await wire(problem(503, 'unavailable', { 'retry-after': '0' }));
  await assert.rejects(createClient({ baseUrl: server.url }).me(), { code: 'unavailable' });
  assert.equal(server.asked.length, 4);
  await server.close();
});

test('a refusal is never repeated', async () => {
  const server = await wire(problem(500, 'internal'));
  await assert.rejects(createClient({ baseUrl: server.url }).me(), { code: 'internal' });
  assert.equal(server.asked.length, 1);
  await server.close();
});

test('a creation is repeated only under an idempotency key', async () => {
  const body = { skill: 'web-digest', task: 'x' };
  const plain = await wire(hangUp);
  await assert.rejects(createClient({ baseUrl: plain.url }).runs.create(body), { code: 'unreachable' });
  assert.equal(plain.asked.length, 1);
  const keyed = await wire(
    hangUp,
    problem(409, 'idempotency_in_flight', { 'retry-after': '0' }),
    json({ id: 'r' }, 201),
  );
  const run = await createClient({ baseUrl: keyed.url }).runs.create(body, { idempotencyKey: 'k1' });
  assert.equal(run.id, 'r');
  assert.deepEqual(
    keyed.asked.map((one) => one.headers['idempotency-key']),
    ['k1', 'k1', 'k1'],
  );
  await Promise.all([plain.close(), keyed.close()]);
});

test('a server that accepts and never answers is given up', async () => {
  const server = await wire(() => undefined);
  const client = createClient({ baseUrl: server.url, timeoutMs: 50 });
  await assert.rejects(client.runs.cancel('r'), { code: 'timeout' });
  await server.close();
});

test('a redirect is not followed', async () => {
  const other = await wire(json({}));
  const server = await wire((response) => void response.writeHead(302, { location: other.url }).end());
  await assert.rejects(createClient({ baseUrl: server.url, apiKey: KEY }).runs.cancel('r'), { code: 'unreachable' });
  assert.equal(other.asked.length, 0);
  await Promise.all([server.close(), other.close()]);
});

test('a list walks every page and stops at one that repeats', async () => {
  const page = (ids: string[], next: string | null) => json({ data: ids.map((id) => ({ id })), next_cursor: next });
  const server = await wire(page(['a', 'b'], 'c1'), page(['c'], null));
  const ids: string[] = [];
  for await (const run of createClient({ baseUrl: server.url }).runs.list({ limit: 2 })) ids.push(run.id);
  assert.deepEqual(ids, ['a', 'b', 'c']);
  assert.equal(server.asked[1]?.url, '/v1/runs?limit=2&cursor=c1');
  const looping = await wire(page(['a'], 'same'));
  const walk = async (): Promise<void> => {
    for await (const run of createClient({ baseUrl: looping.url }).runs.list()) assert.equal(run.id, 'a');
  };
  await assert.rejects(walk, { code: 'bad_answer' });
  await Promise.all([server.close(), looping.close()]);
});

test('bytes, a blob and a stream are uploaded with a type and a name that needs escaping', async () => {
  const server = await wire(json({ id: 'a' }, 201));
  const { artifacts } = createClient({ baseUrl: server.url });
  const bytes = new TextEncoder().encode('hello');
  const name = 'Übersicht "1"; (neu).md';
  for (const content of [bytes, new Blob([bytes]), new Blob([bytes]).stream()])
    await artifacts.upload({ name, mediaType: 'text/markdown', content });
  for (const one of server.asked) {
    assert.equal(one.body, 'hello');
    assert.equal(one.headers['content-type'], 'text/markdown');
    assert.equal(
      one.headers['content-disposition'],
      `attachment; filename="_bersicht _1__ (neu).md"; filename*=UTF-8''%C3%9Cbersicht%20%221%22%3B%20%28neu%29.md`,
    );
  }
  await server.close();
});

test('content comes as a stream', async () => {
  const server = await wire((response) => void response.writeHead(200).end(Buffer.alloc(300_000, 'z')));
  const content = await createClient({ baseUrl: server.url }).artifacts.content('a');
  let bytes = 0;
  for await (const chunk of content) bytes += chunk.length;
  assert.equal(bytes, 300_000);
  await server.close();
});

test('an export comes line by line, whatever the chunks', async () => {
  const server = await wire((response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.write('{"a":"é');
    response.write('"}\n{"b":');
    response.end('2}\n{"c":3}');
  });
  const lines: string[] = [];
  for await (const line of createClient({ baseUrl: server.url }).runs.export('r')) lines.push(line);
  assert.deepEqual(lines, ['{"a":"é"}', '{"b":2}', '{"c":3}']);
  await server.close();
});

test('readiness names its reasons', async () => {
  const not = { status: 'not_ready', codes: ['disk_full'] };
  const server = await wire(json(not, 503), json({ status: 'ready', codes: [] }), hangUp);
  const { health } = createClient({ baseUrl: server.url });
  assert.deepEqual(await health.ready(), not);
  assert.deepEqual(await health.ready(), { status: 'ready', codes: [] });
  await assert.rejects(health.live(), { code: 'unreachable' });
  await server.close();
});
