// The whole house on one database: what is begun at one node goes on at another, and nothing is lost or done twice when one of them goes.
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { parseExport, verifyChain } from '@sallyport/chain';
import { testDatabase } from '../database.ts';
import { type Message, readStream } from '../http/live.ts';
import { type Site, serveSite } from '../workbench.ts';
import { type ApiNode, ask, eventually, type House, type HouseNode, logged, openHouse, type Said } from './house.ts';

const RESUME_MS = 5_000;
const RATE = 400;

let house: House;
let site: Site;
/** While it is shut, pages wait here. */
const gate = { open: true, waiting: [] as ServerResponse[], asked: new Map<string, number>() };

function answerPage(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end(
    `<!doctype html><title>A page</title><article><h1>A page</h1><p>${'A sentence of the page. '.repeat(30)}</p></article>`,
  );
}

function openGate(): void {
  gate.open = true;
  for (const response of gate.waiting.splice(0)) answerPage(response);
}

function shutGate(): void {
  gate.open = false;
}

before(async () => {
  site = await serveSite((request, response) => {
    const path = request.url ?? '';
    gate.asked.set(path, (gate.asked.get(path) ?? 0) + 1);
    if (gate.open) answerPage(response);
    else gate.waiting.push(response);
  });
  const room = '1000000/60';
  house = await openHouse(await testDatabase(), {
    SALLYPORT_EGRESS_ALLOW: `127.0.0.1/32:${site.port}`,
    SALLYPORT_DRAIN_SECONDS: '5',
    SALLYPORT_RATE_KEY: `${RATE}/3600`,
    ...{ SALLYPORT_RATE_USER: room, SALLYPORT_RATE_TENANT: room, SALLYPORT_RATE_ADDRESS: room },
  });
});
after(async () => {
  await house.close();
  await site.close();
});

function api(at: number): ApiNode {
  const node = house.apis[at];
  assert.ok(node !== undefined);
  return node;
}

/** A key of the test's own: what one test asks is not counted against another. */
async function freshKey(): Promise<{ readonly id: string; readonly key: string }> {
  const made = await ask(api(0), '/v1/api-keys', {
    key: house.key,
    json: { name: 'house', scopes: ['runs:read', 'runs:write', 'artifacts:read', 'artifacts:write', 'entities:read'] },
  });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  return { id: made.json.id, key: made.json.api_key };
}

const digestOf = (pages: number, name: string) => ({
  skill: 'web-digest',
  task: 'Digest them.',
  input: { urls: Array.from({ length: pages }, (_, at) => `${site.url}/${name}-${at}`) },
});

async function startRun(key: string, pages: number, name: string, at = 0): Promise<string> {
  const made = await ask(api(at), '/v1/runs', { key, json: digestOf(pages, name) });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  return made.json.id;
}

const bearer = (key: string, more: Readonly<Record<string, string>> = {}) => ({
  authorization: `Bearer ${key}`,
  accept: 'text/event-stream',
  ...more,
});
const streamOf = (at: number, id: string): string => `${api(at).url}/v1/runs/${id}/events`;
const seqs = (messages: readonly Message[]): number[] =>
  messages.flatMap(({ id }) => (id === undefined ? [] : [Number(id)]));

/** Reads the whole log at one node. */
async function wholeLog(key: string, id: string, at: number): Promise<readonly Message[]> {
  const { messages, ended } = await readStream(streamOf(at, id), bearer(key));
  assert.ok(ended);
  return messages.filter((message) => message.id !== undefined);
}

async function checkWhole(key: string, id: string, pages: number): Promise<void> {
  const log = await wholeLog(key, id, 1);
  assert.deepEqual(
    seqs(log),
    log.map((_, at) => at),
    'the numbers are dense',
  );
  assert.equal(log.at(-1)?.event, 'run.succeeded', log.at(-1)?.data);
  const done = log
    .filter(({ event }) => event === 'tool.call.completed')
    .map(({ data = '{}' }) => JSON.parse(data).data.call_id);
  assert.equal(new Set(done).size, done.length, 'a call has two outcomes');
  const { rows } = await house.database.admin(
    `select (select count(*)::int from app.artifacts where run_id = $1 and data_class = 'page') as pages,
      (select count(*)::int from app.entities where run_id = $1) as entities`,
    [id],
  );
  assert.deepEqual(rows[0], { pages, entities: pages }, 'each effect once');
  const exported = await fetch(`${api(0).url}/v1/runs/${id}/export`, { headers: { authorization: `Bearer ${key}` } });
  const verdict = await verifyChain(await parseExport((await exported.text()).split('\n')));
  assert.equal(verdict.ok, true, JSON.stringify(verdict));
}

/** The process that holds the run, by the run's own log lines. */
async function holderOf(id: string, but?: HouseNode): Promise<HouseNode> {
  return eventually(() =>
    house.workers.find(
      (node) => node !== but && node.lines.some((line) => line.event === 'run.claimed' && line.run_id === id),
    ),
  );
}

function remove<T>(list: T[], item: T): void {
  list.splice(list.indexOf(item), 1);
}

test('whoever signs in at one node goes on at the other, and signing out there ends it here', async () => {
  const token = api(0).consoleLink.split('#')[1] ?? '';
  const opened = await ask(api(1), '/v1/session', { json: { token } });
  assert.equal(opened.status, 204, JSON.stringify(opened.json));
  const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const seen = await ask(api(0), '/v1/me', { headers: { cookie } });
  assert.equal(seen.status, 200, JSON.stringify(seen.json));
  assert.equal(
    (await ask(api(0), '/v1/session', { json: { token } })).status,
    404,
    'the link works once in all the house',
  );
  const ended = await ask(api(0), '/v1/session', {
    method: 'DELETE',
    headers: { cookie, origin: api(0).url, 'x-sallyport-request': '1' },
  });
  assert.equal(ended.status, 204, JSON.stringify(ended.json));
  assert.equal((await ask(api(1), '/v1/me', { headers: { cookie } })).status, 401);
});

test('a key that is revoked at one node is refused at the other within a second, also where it was just let in', async () => {
  const { id, key } = await freshKey();
  for (const at of [0, 1]) assert.equal((await ask(api(at), '/v1/me', { key })).status, 200);
  const revoked = await ask(api(0), `/v1/api-keys/${id}/revoke`, { key: house.key, method: 'POST' });
  assert.ok(revoked.status < 300, JSON.stringify(revoked.json));
  const began = performance.now();
  await eventually(async () => (await ask(api(1), '/v1/me', { key })).status === 401);
  assert.ok(performance.now() - began < 1_000, 'it was let in for longer than a second');
});

test('a stream at one node shows a run that is worked elsewhere, and goes on at the other node without loss or repeat', async () => {
  const { key } = await freshKey();
  shutGate();
  const id = await startRun(key, 3, 'stream');
  const first = await readStream(streamOf(0, id), bearer(key), (all) =>
    all.some(({ event }) => event === 'tool.call.started'),
  );
  const seen = seqs(first.messages);
  openGate();
  const last = String(seen.at(-1));
  const second = await readStream(streamOf(1, id), bearer(key, { 'last-event-id': last }));
  const all = [...seen, ...seqs(second.messages)];
  assert.deepEqual(
    all,
    all.map((_, at) => at),
  );
  await checkWhole(key, id, 3);
  const digest = (await ask(api(1), `/v1/runs/${id}/artifacts`, { key })).json.data.find(
    (one: { data_class: string }) => one.data_class === 'artifact',
  );
  for (const at of [0, 1]) {
    const content = await ask(api(at), `/v1/artifacts/${digest.id}/content`, { key });
    assert.match(String(content.json), /A page/, 'bytes written by a worker are read at each node');
  }
});

test('one idempotency key at both nodes makes one run, whichever is asked first or both at once', async () => {
  const { key } = await freshKey();
  const make = (at: number, name: string): Promise<Said> =>
    ask(api(at), '/v1/runs', { key, json: digestOf(1, 'same'), headers: { 'idempotency-key': name } });
  const first = await make(0, 'one-after-the-other');
  const second = await make(1, 'one-after-the-other');
  assert.deepEqual([first.status, second.status, second.json.id], [201, 201, first.json.id]);
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  const many = await Promise.all(Array.from({ length: 10 }, (_, at) => make(at % 2, 'at-once')));
  const ids = new Set(many.filter(({ status }) => status === 201).map(({ json }) => json.id));
  assert.equal(ids.size, 1, JSON.stringify(many.map(({ status }) => status)));
  for (const { status, json } of many)
    assert.ok(status === 201 || json.code === 'idempotency_in_flight', JSON.stringify(json));
});

test('a key has one rate for all nodes', async () => {
  const { key } = await freshKey();
  let allowed = 0;
  for (let round = 0; round < RATE / 20 + 2; round++) {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => ask(api(at % 2), '/v1/me', { key })));
    allowed += answers.filter(({ status }) => status === 200).length;
  }
  // What flows back while the test runs is 400 an hour.
  assert.ok(allowed >= RATE && allowed <= RATE + 10, `${allowed} were let in`);
});

test('a run that is cancelled at one node stops on its worker at once, and both nodes say so', async () => {
  const { key } = await freshKey();
  shutGate();
  const id = await startRun(key, 1, 'cancelled');
  const page = await eventually(() => gate.waiting[0]);
  const gone = new Promise<void>((resolve) => page.once('close', resolve));
  const began = performance.now();
  const cancelled = await ask(api(1), `/v1/runs/${id}/cancel`, { key, method: 'POST' });
  assert.equal(cancelled.status, 200, JSON.stringify(cancelled.json));
  await gone;
  assert.ok(performance.now() - began < 2_000, 'the worker went on');
  openGate();
  for (const at of [0, 1]) assert.equal((await ask(api(at), `/v1/runs/${id}`, { key })).json.status, 'cancelled');
});

test('one worker does the chores; when it is killed the other does them, and its run goes on within five seconds with each effect once', async () => {
  const { key } = await freshKey();
  const keeps = (node: HouseNode): boolean => node.lines.some(({ event }) => event === 'chores.begun');
  assert.equal(house.workers.filter(keeps).length, 1, 'exactly one has the turn');
  shutGate();
  const id = await startRun(key, 4, 'killed');
  await eventually(() => gate.waiting.length > 0);
  const holder = await holderOf(id);
  const other = house.workers.find((node) => node !== holder);
  assert.ok(other !== undefined);
  const killed = performance.now();
  holder.kill('SIGKILL');
  await holder.ended;
  await holderOf(id, holder);
  assert.ok(performance.now() - killed < RESUME_MS, `resumed after ${Math.round(performance.now() - killed)} ms`);
  await logged(other, ({ event }) => event === 'chores.begun');
  openGate();
  await checkWhole(key, id, 4);
  remove(house.workers, holder);
  await house.addWorker();
});

test('a worker that is told to end finishes the step at work, hands the run on, and ends with status 0 in time', async () => {
  const { key } = await freshKey();
  shutGate();
  const id = await startRun(key, 3, 'drained');
  await eventually(() => gate.waiting.length > 0);
  const holder = await holderOf(id);
  holder.kill('SIGTERM');
  // Told, it still waits for the page that it asked for.
  await logged(holder, ({ event }) => event === 'shutdown.begun');
  openGate();
  assert.equal(await holder.ended, 0);
  remove(house.workers, holder);
  await checkWhole(key, id, 3);
  assert.equal(
    [...gate.asked].filter(([path]) => path.startsWith('/drained')).every(([, count]) => count === 1),
    true,
    'a page was asked for twice',
  );
  await house.addWorker();
});

test('a worker whose step outlasts the drain gives the run back and ends with status 0 within the bound', async () => {
  const { key } = await freshKey();
  shutGate();
  const id = await startRun(key, 2, 'outlasting');
  await eventually(() => gate.waiting.length > 0);
  const holder = await holderOf(id);
  const began = performance.now();
  holder.kill('SIGTERM');
  assert.equal(await holder.ended, 0);
  const took = performance.now() - began;
  assert.ok(took > 4_000 && took < 12_000, `it took ${Math.round(took)} ms`);
  await holderOf(id, holder);
  openGate();
  await checkWhole(key, id, 2);
  remove(house.workers, holder);
  await house.addWorker();
});

test('a node that is told to end loses no request: what it took it answers, what comes later goes to the other', async () => {
  const { key } = await freshKey();
  const leaving = await house.addApi({ SALLYPORT_LEAVE_SECONDS: '1' });
  const down = { asked: false };
  let answered = 0;
  /** As a balancer does: asks who is ready, and goes elsewhere when nobody listens any more. */
  const visitor = async (): Promise<void> => {
    const own = await freshKey();
    for (let more = 40; more > 0; ) {
      const ready = await ask(leaving, '/readyz').then(
        ({ status }) => status === 200,
        () => false,
      );
      const said = await ask(ready ? leaving : api(1), '/v1/me', own);
      assert.equal(said.status, 200, JSON.stringify(said.json));
      answered++;
      if (down.asked) more--;
    }
  };
  const visitors = Array.from({ length: 6 }, visitor);
  const stream = readStream(`${leaving.url}/v1/stream?runs=*`, bearer(key));
  await eventually(() => answered > 20);
  leaving.kill('SIGTERM');
  down.asked = true;
  await Promise.all(visitors);
  assert.equal((await stream).ended, true, 'a stream ends, so that its reader comes back elsewhere');
  assert.equal(await leaving.ended, 0);
  remove(house.apis, leaving);
});

test('a purge that one node began is finished by another', async () => {
  const made = await ask(api(0), '/v1/tenants', { key: house.operatorKey, json: { name: 'leaver' } });
  assert.equal(made.status, 201, JSON.stringify(made.json));
  const blocker = await holdTable('app.events');
  const asked = await ask(api(1), `/v1/tenants/${made.json.tenant_id}`, {
    key: house.operatorKey,
    method: 'DELETE',
    json: { confirm: 'leaver' },
  });
  assert.equal(asked.status, 202, JSON.stringify(asked.json));
  const works = (node: HouseNode): boolean =>
    node.lines.some((line) => line.event === 'purge.step' && line.tenant_id === made.json.tenant_id);
  const worker = await eventually(() => house.workers.find(works));
  worker.kill('SIGKILL');
  await worker.ended;
  remove(house.workers, worker);
  await blocker.release();
  const done = await eventually(async () => {
    const said = await ask(api(0), `/v1/purges/${asked.json.id}`, { key: house.operatorKey });
    return said.json.step === 'done' && said;
  });
  assert.equal(done.json.certificate?.tenant_id ?? done.json.tenant_id, made.json.tenant_id);
  assert.ok(house.workers.some(works));
});

/** Whoever wants the table waits. */
async function holdTable(table: string): Promise<{ release(): Promise<void> }> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ ...house.database.connect.direct });
  await client.connect();
  await client.query('begin');
  await client.query(`lock table ${table} in access exclusive mode`);
  return {
    release: async () => {
      await client.query('rollback');
      await client.end();
    },
  };
}
