import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parseExport, verifyChain } from '@sallyport/chain';
import type { NewEvent } from '@sallyport/contracts';
import { append, lockRun } from '../../src/events/events.ts';
import { asId, newId, type RunId, type WorkerId } from '../../src/ids.ts';
import { mintPrincipal } from '../../src/principal.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
before(async () => {
  api = await startApi({ nodes: 2 });
});
after(() => api.close());

interface Message {
  readonly id?: string;
  readonly event?: string;
  readonly data?: string;
  readonly comment?: string;
}

function parseBlock(block: string): Message {
  const fields: Record<string, string> = {};
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    fields[at === 0 ? 'comment' : line.slice(0, at)] = line.slice(at + 1).trimStart();
  }
  return fields;
}

/** Reads a stream until `enough` says so, or it ends. */
async function read(
  runId: string,
  options: { node?: number; after?: number; query?: string; key?: string; enough?: (seen: Message[]) => boolean } = {},
): Promise<{ status: number; messages: Message[]; ended: boolean }> {
  const stop = new AbortController();
  const response = await fetch(`${api.nodes[options.node ?? 0]?.url}/v1/runs/${runId}/events${options.query ?? ''}`, {
    signal: stop.signal,
    headers: {
      authorization: `Bearer ${options.key ?? api.tenantA.api_key}`,
      accept: 'text/event-stream',
      ...(options.after === undefined ? {} : { 'last-event-id': String(options.after) }),
    },
  });
  const messages: Message[] = [];
  if (response.status !== 200 || response.body === null) return { status: response.status, messages, ended: true };
  let rest = '';
  try {
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      rest += chunk;
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      messages.push(...blocks.map(parseBlock));
      if (options.enough?.(messages) === true) {
        stop.abort();
        return { status: 200, messages, ended: false };
      }
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  return { status: 200, messages, ended: true };
}

const stored = (messages: readonly Message[]): Message[] => messages.filter((message) => message.id !== undefined);

async function createRun(key = api.tenantA.api_key): Promise<string> {
  const made = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'Read.' } });
  assert.equal(made.status, 201, made.text);
  return made.json.id;
}

/** Appends as the worker of the run would, and tells the nodes by way of the second one. */
async function grow(runId: string, steps: number, finish: boolean): Promise<void> {
  const id = asId<RunId>(runId);
  const tenantId = asId<typeof principal.tenantId>(api.tenantA.tenant_id);
  const principal = mintPrincipal({ kind: 'run', tenantId: asId(api.tenantA.tenant_id), runId: id, epoch: 1n });
  assert.equal(principal.tenantId, tenantId);
  await api.database.admin("update app.runs set status = 'running', epoch = 1 where id = $1", [runId]);
  const appender = { kind: 'worker', epoch: 1n } as const;
  const actor = { kind: 'system', id: `worker:${newId<WorkerId>()}` } as const;
  for (let step = 0; step < steps; step++) {
    const events: NewEvent[] = [
      { type: 'step.started', actor, data: { step, name: 'text with\nbreaks and ünïcode' } },
      { type: 'step.completed', actor, data: { step, status: 'ok' } },
    ];
    await api.database.worker.atomic(principal, async (tx) =>
      append(tx, await lockRun(tx, id, appender), appender, events),
    );
    api.nodes[1]?.signals.touched(id);
  }
  if (!finish) return;
  await api.database.worker.atomic(principal, async (tx) =>
    append(tx, await lockRun(tx, id, appender), appender, [
      { type: 'run.succeeded', actor, data: { outcome: 'Done.', artifact_ids: [] } },
    ]),
  );
  await api.database.admin("update app.runs set status = 'succeeded' where id = $1", [runId]);
  api.nodes[1]?.signals.touched(id);
}

test('readers that come and go between two nodes see each event once and in order while the run goes on', async () => {
  const runId = await createRun();
  const growing = grow(runId, 60, true);
  const follow = async (reader: number): Promise<number[]> => {
    const seqs: number[] = [];
    for (let visit = 0; ; visit++) {
      const want = seqs.length + 7 + reader;
      const last = seqs.at(-1);
      const seen = await read(runId, {
        node: (reader + visit) % 2,
        ...(last === undefined ? {} : { after: last }),
        enough: (messages) => seqs.length + stored(messages).length >= want,
      });
      seqs.push(...stored(seen.messages).map((message) => Number(message.id)));
      if (seen.messages.some((message) => message.event === 'end')) return seqs;
    }
  };
  const all = await Promise.all([0, 1, 2].map(follow));
  await growing;
  for (const seqs of all)
    assert.deepEqual(
      seqs,
      Array.from({ length: 122 }, (_, at) => at),
    );
});

test('a message carries the envelope as it is stored, and the end carries no id', async () => {
  const runId = await createRun();
  await grow(runId, 1, true);
  const { messages } = await read(runId);
  const page = await api.ask(`/v1/runs/${runId}/events`, { key: api.tenantA.api_key });
  assert.deepEqual(
    stored(messages).map((message) => JSON.parse(message.data ?? '')),
    page.json.data,
  );
  assert.ok(stored(messages).every((message, at) => message.event === page.json.data[at].type));
  assert.deepEqual(messages.at(-1), { event: 'end', data: '{}' });
});

test('pages, single events and envelopes of a log', async () => {
  const { api_key: key } = api.tenantA;
  const runId = await createRun();
  await grow(runId, 2, false);
  const first = await api.ask(`/v1/runs/${runId}/events?limit=2`, { key });
  assert.deepEqual([first.json.data.map((one: { seq: number }) => one.seq), first.json.next_cursor], [[0, 1], '1']);
  const rest = await api.ask(`/v1/runs/${runId}/events?after=1`, { key });
  assert.deepEqual([rest.json.data.map((one: { seq: number }) => one.seq), rest.json.next_cursor], [[2, 3, 4], null]);
  const bare = await api.ask(`/v1/runs/${runId}/events?view=envelope`, { key });
  assert.ok(bare.json.data.every((one: object) => !('data' in one) && 'hash' in one));
  const one = await api.ask(`/v1/runs/${runId}/events/3`, { key });
  assert.deepEqual(one.json, rest.json.data[1]);
  for (const seq of ['5', '-1', '03', 'x', '99999999999'])
    assert.equal((await api.ask(`/v1/runs/${runId}/events/${seq}`, { key })).status, 404, seq);
});

test('the export of a run verifies offline', async () => {
  const runId = await createRun();
  await grow(runId, 3, true);
  const answer = await api.ask(`/v1/runs/${runId}/export`, { key: api.tenantA.api_key });
  assert.equal(answer.headers.get('content-type'), 'application/x-ndjson; charset=utf-8');
  const verdict = await verifyChain(await parseExport(answer.text.split('\n').filter((line) => line !== '')));
  assert.deepEqual([verdict.ok, verdict.ok && verdict.count], [true, 8]);
});

test('`after` begins later, and a wrong Last-Event-ID is refused', async () => {
  const runId = await createRun();
  await grow(runId, 2, true);
  const ids = (messages: readonly Message[]): (string | undefined)[] => stored(messages).map((message) => message.id);
  assert.deepEqual(ids((await read(runId, { query: '?after=3' })).messages), ['4', '5']);
  assert.deepEqual(ids((await read(runId, { query: '?after=0', after: 4 })).messages), ['5'], 'the header knows more');
  const { api_key: key } = api.tenantA;
  for (const id of ['x', '-1', '1e3', '99999999999']) {
    const headers = { accept: 'text/event-stream', 'last-event-id': id };
    assert.equal((await api.ask(`/v1/runs/${runId}/events`, { key, headers })).status, 400, id);
  }
});

test('a revoked key loses its open stream within five seconds', async () => {
  const runId = await createRun();
  const made = await api.ask('/v1/api-keys', {
    key: api.tenantA.api_key,
    json: { name: 'short', scopes: ['runs:read'] },
  });
  let began = 0;
  const seen = await read(runId, {
    key: made.json.api_key,
    enough: (messages) => {
      if (began === 0 && stored(messages).length > 0) {
        began = performance.now();
        void api.ask(`/v1/api-keys/${made.json.id}/revoke`, { key: api.tenantA.api_key, method: 'POST' });
      }
      return false;
    },
  });
  assert.ok(performance.now() - began < 5_000);
  assert.deepEqual(seen.messages.at(-1), { event: 'closed', data: '{"code":"unauthenticated"}' });
});

test('a tenant holds at most 64 streams of a node, another is not disturbed, and a place is free when its reader is gone', async () => {
  const mine = await createRun();
  const theirs = await createRun(api.tenantB.api_key);
  // Held on to: the body of a response that nobody refers to is cancelled when memory is swept, and its place would be free.
  const open = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const stop = new AbortController();
      const response = await fetch(`${api.nodes[0]?.url}/v1/runs/${mine}/events`, {
        signal: stop.signal,
        headers: { authorization: `Bearer ${api.tenantA.api_key}`, accept: 'text/event-stream' },
      });
      assert.equal(response.status, 200);
      return { stop, response };
    }),
  );
  const one = { enough: (messages: Message[]) => stored(messages).length > 0 };
  const full = await api.ask(`/v1/runs/${mine}/events`, {
    key: api.tenantA.api_key,
    headers: { accept: 'text/event-stream' },
  });
  assert.deepEqual([full.status, full.json.code, full.headers.get('retry-after')], [429, 'rate_limited', '5']);
  assert.equal((await read(theirs, { key: api.tenantB.api_key, ...one })).status, 200);
  for (const { stop } of open) stop.abort();
  while ((await read(mine, one)).status !== 200);
});
