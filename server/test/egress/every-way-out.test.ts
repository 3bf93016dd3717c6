// Every connection that a whole node opens to the world is opened by the guard: each way out is used once, and whoever called
// `connect` is read from the stack.
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { eventOf, invoice, startPayments } from '../billing/payments.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { AUDIENCE, goodClaims, goodHeader, makeKey, makeToken } from '../http/issuer.ts';
import { beginNode, type StartingNode } from '../node.ts';
import { type Site, serveSite } from '../workbench.ts';

const GUARD = /[\\/]libs[\\/]egress[\\/]src[\\/]/;
const PRODUCT = /[\\/](server|cli)[\\/]src[\\/]|[\\/]node_modules[\\/]/;
/** The database is the operator's own, and its driver has a door of its own. */
const DATABASE = /[\\/]node_modules[\\/]pg[\\/]/;

interface Opened {
  readonly port: number | undefined;
  readonly stack: string;
}
const opened: Opened[] = [];
const { connect } = Socket.prototype;

/** The port of `connect(options)`, `connect(port)` and of the normalised list that Node hands on. */
function portOf(args: readonly unknown[]): number | undefined {
  const [first] = args;
  const options: unknown = Array.isArray(first) ? (first as unknown[])[0] : first;
  if (typeof options === 'number') return options;
  const port = (options as { port?: unknown } | null)?.port;
  return port === undefined ? undefined : Number(port);
}

let sites: Record<'page' | 'model' | 'reader' | 'keys', Site>;
let database: TestDatabase;
let node: StartingNode;
before(async () => {
  Error.stackTraceLimit = 100;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    opened.push({ port: portOf(args), stack: new Error('opened').stack ?? '' });
    return Reflect.apply(connect, this, args) as Socket;
  } as typeof connect;
  const words = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.end('A page with one sentence that is long enough to be kept.');
  };
  sites = {
    page: await serveSite(words),
    model: await serveSite((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const message = { role: 'assistant', content: 'Done.' };
      const usage = { prompt_tokens: 1, completion_tokens: 1 };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices, usage }));
    }),
    reader: await serveSite(words),
    keys: await serveSite(words),
  };
  database = await testDatabase();
  const issuer = {
    issuer: 'https://issuer.example/',
    audience: AUDIENCE,
    algorithms: ['ES256'],
    jwks_url: `https://127.0.0.1:${sites.keys.port}/keys`,
  };
  node = await beginNode(database, 0, {
    SALLYPORT_EGRESS_ALLOW: [sites.page, sites.keys].map((site) => `127.0.0.1/32:${site.port}`).join(','),
    SALLYPORT_MODEL_BASE_URL: `${sites.model.url}/v1`,
    SALLYPORT_MODEL_NAMES: 'm',
    SALLYPORT_READER_URL: sites.reader.url,
    SALLYPORT_JWT_ISSUERS: JSON.stringify([issuer]),
  });
});
after(async () => {
  Socket.prototype.connect = connect;
  await node.clear();
  await database.drop();
  for (const site of Object.values(sites)) await site.close();
});

async function ask(path: string, key: string, json?: object, method = 'POST'): Promise<Response> {
  const { url } = await node.served;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return fetch(`${url}${path}`, { headers, ...(json === undefined ? {} : { method, body: JSON.stringify(json) }) });
}

async function run(key: string, wanted: object): Promise<void> {
  const made = (await (await ask('/v1/runs', key, { skill: 'web-digest', task: 't', ...wanted })).json()) as {
    id: string;
  };
  for (;;) {
    const { status } = (await (await ask(`/v1/runs/${made.id}`, key)).json()) as { status: string };
    if (status === 'succeeded' || status === 'failed') return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('pages, reader service, model, key sets and payments: each is called by the guard, and nothing else of the product opens a connection', async () => {
  const { firstBoot } = await node.served;
  const key = firstBoot?.apiKey ?? '';
  const urls = [`${sites.page.url}/a`];
  await run(key, { input: { urls } });
  await ask('/v1/egress/policy', key, { reader: false }, 'PUT');
  await run(key, { input: { urls } });
  await run(key, { model: 'm' });
  const signing = makeKey('ES256', 'k');
  await ask('/v1/me', makeToken(signing, goodHeader(signing), goodClaims('https://issuer.example/')));
  const payments = await startPayments();
  try {
    payments.objects.set('in_1', invoice('in_1', 'paid'));
    await payments.deliver(eventOf('evt_1', 'invoice.paid', invoice('in_1', 'paid')));
    assert.equal(await payments.paid(), 1_900);
  } finally {
    await payments.close();
  }
  const ways = new Set(Object.values(sites).map((site) => site.port));
  for (const [name, site] of Object.entries(sites)) {
    const calls = opened.filter(({ port }) => port === site.port);
    assert.ok(calls.length > 0, `the way to ${name} was not used`);
    for (const { stack } of calls) assert.match(stack, GUARD, name);
  }
  const others = opened.filter(
    ({ port, stack }) =>
      port !== undefined && !ways.has(port) && PRODUCT.test(stack) && !GUARD.test(stack) && !DATABASE.test(stack),
  );
  assert.deepEqual(others, []);
  assert.ok(opened.filter(({ stack }) => GUARD.test(stack)).length > ways.size, 'payments went by the guard too');
});

test('a connection that goes around the guard would be seen', async () => {
  const before_ = opened.length;
  const { url } = await node.served;
  await (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).text();
  const mine = opened.slice(before_);
  assert.ok(mine.every(({ stack }) => !GUARD.test(stack)));
  const socket = new Socket();
  await new Promise<void>((resolve) => socket.connect(sites.page.port, '127.0.0.1', resolve));
  socket.destroy();
  const last = opened.at(-1);
  assert.deepEqual([last?.port, GUARD.test(last?.stack ?? '')], [sites.page.port, false]);
});
