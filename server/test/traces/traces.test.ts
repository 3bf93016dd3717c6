import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { createLog } from '../../src/log.ts';
import { type Attributes, createTraces, parseTraceparent, type TracesOptions } from '../../src/traces/traces.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { beginNode, type StartingNode } from '../node.ts';
import { type Site, serveSite } from '../workbench.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { readonly stringValue?: string; readonly intValue?: string };
  }[];
  readonly status: { readonly code: number };
}

function spansOf(bodies: readonly string[]): Span[] {
  return bodies.flatMap((body) => {
    const { resourceSpans } = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
    return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  });
}
const attributeOf = (span: Span, name: string): string | undefined => {
  const value = span.attributes.find(({ key }) => key === name)?.value;
  return value?.stringValue ?? value?.intValue;
};

async function until(holds: () => boolean, what: () => string): Promise<void> {
  for (const end = performance.now() + 30_000; !holds(); await new Promise((resolve) => setTimeout(resolve, 20)))
    assert.ok(performance.now() < end, what());
}

const CALLER = '4bf92f3577b34da6a3ce929d0e0e4736';
const HEADER = `00-${CALLER}-00f067aa0ba902b7-01`;
const sent: { headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
const traceparents: Record<'model' | 'page', (string | undefined)[]> = { model: [], page: [] };
let sites: Site[];
let database: TestDatabase;
let node: StartingNode;

function complete(response: ServerResponse, asked: string, page: string): void {
  const turn = (asked.match(/"role":"assistant"/g) ?? []).length;
  const call = {
    id: 'c',
    type: 'function',
    function: { name: 'web_scrape', arguments: JSON.stringify({ url: page }) },
  };
  const message = { role: 'assistant', content: 'CANARY-ANSWER', ...(turn === 0 ? { tool_calls: [call] } : {}) };
  const choices = [{ index: 0, message, finish_reason: turn === 0 ? 'tool_calls' : 'stop' }];
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage }));
}

before(async () => {
  const collector = await serveSite((request, response) => {
    void text(request).then((body) => {
      sent.push({ headers: request.headers, body });
      response.end('{}');
    });
  });
  const page = await serveSite((request, response) => {
    traceparents.page.push(request.headers.traceparent as string | undefined);
    response.end('CANARY-PAGE');
  });
  const model = await serveSite((request, response) => {
    traceparents.model.push(request.headers.traceparent as string | undefined);
    void text(request).then((asked) => complete(response, asked, `${page.url}/`));
  });
  sites = [collector, page, model];
  database = await testDatabase();
  node = await beginNode(database, 0, {
    SALLYPORT_MODEL_BASE_URL: `${model.url}/v1`,
    SALLYPORT_MODEL_NAMES: 'one',
    SALLYPORT_EGRESS_ALLOW: `127.0.0.1/32:${page.port}`,
    SALLYPORT_TRACES_URL: `${collector.url}/v1/traces`,
    SALLYPORT_TRACES_AUTHORIZATION: 'Bearer of-the-collector',
    SALLYPORT_TRUSTED_PROXIES: '127.0.0.1',
  });
});
after(async () => {
  await node?.clear();
  await database?.drop();
  await Promise.all((sites ?? []).map((site) => site.close()));
});

test('requests and runs become spans at the collector, each run a trace under its own id, and no words of a run are in them', async () => {
  const served = await node.served;
  const key = served.firstBoot?.apiKey ?? '';
  const ask = (path: string, init: { json?: object; headers?: object } = {}): Promise<Response> =>
    fetch(`${served.url}${path}`, {
      method: init.json === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        traceparent: HEADER,
        ...init.headers,
      },
      ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) }),
    });
  const input = { urls: [`${sites[1]?.url}/`] };
  const made = await ask('/v1/runs', { json: { skill: 'web-digest', task: 'CANARY-TASK', model: 'one', input } });
  assert.equal(made.status, 201);
  const { id } = (await made.json()) as { id: string };
  const proxied = await ask('/v1/me?token=CANARY-QUERY', { headers: { 'x-forwarded-for': '198.51.100.7' } });
  const traceId = id.replaceAll('-', '');
  const all = (): Span[] => spansOf(sent.map(({ body }) => body));
  await until(
    () =>
      all().some((span) => span.traceId === traceId && span.name === 'run') &&
      all().some((span) => span.name === 'GET /v1/me'),
    () =>
      `${all()
        .map((span) => `${span.traceId} ${span.name}`)
        .join(', ')}\n${node.lines.slice(-5).join('')}`,
  );

  const ours = all().filter((span) => span.traceId === traceId);
  const root = ours.find((span) => span.name === 'run');
  const names = ours.filter((span) => span.parentSpanId === root?.spanId).map((span) => span.name);
  assert.deepEqual(names, ['chat one', 'execute_tool web.scrape', 'chat one']);
  for (const span of ours) {
    assert.equal(attributeOf(span, 'sallyport.run_id'), id);
    assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
  }
  const create = all().find((span) => span.name === 'POST /v1/runs');
  assert.equal(create?.traceId, made.headers.get('x-request-id')?.replaceAll('-', ''), 'a caller chooses no trace');
  assert.deepEqual([attributeOf(create as Span, 'http.response.status_code'), create?.kind], ['201', 2]);
  const me = all().find((span) => span.name === 'GET /v1/me');
  assert.deepEqual([me?.traceId, me?.parentSpanId], [CALLER, '00f067aa0ba902b7'], 'a proxy of the operator does');
  assert.equal(proxied.status, 400);

  const everything = sent.map(({ body }) => body).join('');
  assert.ok(!everything.includes('CANARY') && !everything.includes(key.slice(-20)));
  assert.ok(sent.every(({ headers }) => headers.authorization === 'Bearer of-the-collector'));
  const line = node.lines
    .map((text) => JSON.parse(text) as Record<string, unknown>)
    .find((one) => one.event === 'run.ended');
  assert.equal(line?.trace_id, traceId);
});

test("the operator's own model endpoint is told the trace, and no page is", () => {
  assert.ok(traceparents.model.length >= 2 && traceparents.model.every((one) => parseTraceparent(one) !== undefined));
  assert.deepEqual(traceparents.page, [undefined]);
});

const log = createLog({ level: 'debug', write: (line) => lines.push(line) });
const lines: string[] = [];
const open = (options: Partial<TracesOptions>) =>
  createTraces({ log, version: '0', share: 1, everyMs: 20, send: async () => undefined, ...options });

test('an attribute that is not listed does not leave, and one that holds a secret leaves masked', async () => {
  const bodies: string[] = [];
  const traces = open({ send: async (body) => void bodies.push(body) });
  const careless = { 'http.request.header.cookie': 'CANARY', prompt: 'CANARY' } as Attributes;
  const attributes: Attributes = { ...careless, 'error.type': 'Bearer CANARY0123456789abcdef' };
  await traces.span({ name: 'GET /?access_token=CANARY0123456789', kind: 'client', attributes }, async () => undefined);
  await traces.close();
  assert.ok(bodies.join('').includes('redacted') && !bodies.join('').includes('CANARY'), bodies.join(''));
});

test('a collector that is away costs its spans, which are counted, and no work waits for it or fails', async () => {
  lines.length = 0;
  const traces = open({ send: () => Promise.reject(new Error('away')), everyMs: 60_000 });
  for (let turn = 0; turn < 5_000; turn++)
    assert.equal(await traces.span({ name: 'x', kind: 'internal', attributes: {} }, async () => turn), turn);
  await traces.close();
  assert.deepEqual(traces.counts(), { sent: 0, dropped: 5_000 });
  assert.ok(lines.some((line) => line.includes('traces.not_sent')));
});

test('what fails is said by its kind, children know their parent, and a share of traces is whole traces', async () => {
  const bodies: string[] = [];
  const traces = open({ send: async (body) => void bodies.push(body), share: 0.5 });
  for (let turn = 0; turn < 200; turn++)
    await traces
      .span({ name: 'outer', kind: 'internal', attributes: {} }, () =>
        traces.span({ name: 'inner', kind: 'internal', attributes: {} }, () => Promise.reject(new TypeError('CANARY'))),
      )
      .catch(() => undefined);
  await traces.close();
  const spans = spansOf(bodies);
  const inner = spans.filter((span) => span.name === 'inner');
  assert.ok(inner.length > 50 && inner.length < 150, String(inner.length));
  assert.equal(spans.length, inner.length * 2);
  for (const span of inner) {
    const parent = spans.find((one) => one.spanId === span.parentSpanId);
    assert.deepEqual([parent?.name, parent?.traceId, span.status.code], ['outer', span.traceId, 2]);
    assert.equal(attributeOf(span, 'error.type'), 'TypeError');
  }
  assert.ok(!bodies.join('').includes('CANARY'));
});

test('only an exact traceparent is one', () => {
  assert.deepEqual(parseTraceparent(HEADER), { traceId: CALLER, spanId: '00f067aa0ba902b7' });
  const bad = ['', 'x', `01-${HEADER.slice(3)}`, HEADER.toUpperCase(), `${HEADER}-x`, ` ${HEADER}`, `${HEADER}\n`];
  for (const text of [...bad, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `00-${CALLER}-${'0'.repeat(16)}-01`])
    assert.equal(parseTraceparent(text), undefined, text);
});
