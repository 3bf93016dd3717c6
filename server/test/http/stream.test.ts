// The one stream of a browser: many runs at once, resumed at any node, and word of every run of its own tenant.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSetupToken } from '../../src/identity/identity.ts';
import { newId } from '../../src/ids.ts';
import { type Answer, type Api, startApi } from './api.ts';
import { openBrowser } from './browser.ts';
import { growRun, type Message, type Reading, readStream } from './live.ts';

let api: Api;
before(async () => {
  api = await startApi({ nodes: 2 });
});
after(() => api.close());

interface Word {
  readonly id: string;
  readonly status: string;
  readonly last_seq: number;
}

const createRun = async (key = api.tenantA.api_key): Promise<string> => {
  const made = await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'Read.' } });
  assert.equal(made.status, 201, made.text);
  return made.json.id;
};
const read = (
  query: string,
  enough?: (messages: readonly Message[]) => boolean,
  options: { readonly node?: number; readonly after?: string | undefined } = {},
): Promise<Reading> => {
  const { node = 0, after } = options;
  const resume: Record<string, string> = after === undefined ? {} : { 'last-event-id': after };
  const headers = { authorization: `Bearer ${api.tenantA.api_key}`, ...resume };
  return readStream(`${api.nodes[node]?.url}/v1/stream?${query}`, headers, enough);
};
const eventsOf = (messages: readonly Message[]): { run_id: string; seq: number; data?: unknown }[] =>
  messages.filter((message) => message.id !== undefined).map((message) => JSON.parse(message.data ?? ''));
const wordsOf = (messages: readonly Message[]): Word[] =>
  messages.filter((message) => message.event === 'run.changed').map((message) => JSON.parse(message.data ?? ''));

test('readers that come and go between nodes see each event of three runs once and in order', async () => {
  const runs = [await createRun(), await createRun(), await createRun()];
  const growing = Promise.all(runs.map((run, at) => growRun(api, api.tenantA.tenant_id, run, 20 + at * 10, at % 2)));
  const expected = Object.fromEntries(runs.map((run, at) => [run, 1 + 2 * (20 + at * 10)]));
  const all = Object.values(expected).reduce((sum, count) => sum + count, 0);
  const follow = async (reader: number): Promise<Map<string, number[]>> => {
    const seen = new Map<string, number[]>(runs.map((run) => [run, []]));
    let cursor: string | undefined;
    let count = 0;
    for (let visit = 0; count < all; visit++) {
      const want = Math.min(9 + reader, all - count);
      const { messages } = await read(`runs=${runs.join(',')}`, (came) => eventsOf(came).length >= want, {
        node: (reader + visit) % 2,
        after: cursor,
      });
      for (const { run_id: run, seq } of eventsOf(messages)) seen.get(run)?.push(seq);
      count += eventsOf(messages).length;
      cursor = messages.findLast((message) => message.id !== undefined)?.id;
    }
    return seen;
  };
  const readers = await Promise.all([0, 1, 2].map(follow));
  await growing;
  for (const seen of readers)
    for (const [run, seqs] of seen)
      assert.deepEqual(
        seqs,
        Array.from({ length: expected[run] ?? 0 }, (_, at) => at),
      );
});

test('a long run does not hold the others up', async () => {
  const long = await createRun();
  await growRun(api, api.tenantA.tenant_id, long, 120);
  const short = await createRun();
  const { messages } = await read(`runs=${long},${short}`, (came) =>
    eventsOf(came).some((one) => one.run_id === short),
  );
  assert.ok(eventsOf(messages).length < 241, 'the short run came before the long one was through');
});

test('an event is sent as it is stored, or bare, and a run may begin later', async () => {
  const run = await createRun();
  await growRun(api, api.tenantA.tenant_id, run, 3);
  const stored = (await api.ask(`/v1/runs/${run}/events`, { key: api.tenantA.api_key })).json.data;
  const whole = await read(`runs=${run}`, (came) => eventsOf(came).length === 7);
  assert.deepEqual(eventsOf(whole.messages), stored);
  const bare = await read(`runs=${run}:4&view=envelope`, (came) => eventsOf(came).length === 2);
  const without = stored.slice(5).map(({ data: _data, ...rest }: { data: unknown }) => rest);
  assert.deepEqual(eventsOf(bare.messages), without);
  const cursor = whole.messages.findLast((message) => message.id !== undefined)?.id;
  const other = await createRun();
  const resumed = await read(`runs=${other},${run}:0`, (came) => eventsOf(came).length === 1, { after: cursor });
  assert.deepEqual(
    eventsOf(resumed.messages).map((one) => [one.run_id, one.seq]),
    [[other, 0]],
    'the cursor knows more than the address, and nothing of a run that it does not name',
  );
});

test('word of every run comes to its own tenant alone, whichever node it happened at', async () => {
  const standing = await createRun();
  const foreign = await createRun(api.tenantB.api_key);
  let begun = false;
  const made: string[] = [];
  const act = async (): Promise<void> => {
    await growRun(api, api.tenantB.tenant_id, foreign, 5, 1);
    made.push(await createRun());
    made.push(await createRun(api.tenantB.api_key));
    await growRun(api, api.tenantA.tenant_id, standing, 2, 1);
    await api.ask(`/v1/runs/${standing}/cancel`, { key: api.tenantA.api_key, json: {} }, 1);
  };
  let acted: Promise<void> | undefined;
  const { messages } = await read('runs=*', (came) => {
    if (!begun) acted = act();
    begun = true;
    const words = wordsOf(came);
    return (
      words.some((word) => word.id === standing && word.status === 'cancelled') &&
      words.some((word) => word.id === made[0])
    );
  });
  await acted;
  const words = wordsOf(messages);
  assert.deepEqual([...new Set(words.map((word) => word.id))].sort(), [standing, made[0]].sort());
  assert.ok(messages.every((message) => message.event !== 'run.changed' || message.id === undefined));
  assert.ok(words.every((word) => Object.keys(word).join() === 'id,status,last_seq'));
});

test('a busy run is told of at most four times a second, and its last state always', async () => {
  const run = await createRun();
  let began = 0;
  let growing: Promise<void> | undefined;
  const { messages } = await read('runs=*', (came) => {
    if (began === 0) {
      began = performance.now();
      growing = growRun(api, api.tenantA.tenant_id, run, 60);
    }
    return wordsOf(came).some((word) => word.id === run && word.last_seq === 120);
  });
  await growing;
  const seconds = (performance.now() - began) / 1_000;
  const count = wordsOf(messages).filter((word) => word.id === run).length;
  // One more for each look-again of five seconds, and the first.
  assert.ok(count <= 4 * seconds + seconds / 5 + 2, `${count} words in ${seconds} s`);
});

test('a change that no notification told of is found within the look-again', async () => {
  const run = await createRun();
  let changed: Promise<unknown> | undefined;
  const { messages } = await read('runs=*', (came) => {
    changed ??= api.database.admin("update app.runs set status = 'waiting' where id = $1", [run]);
    return wordsOf(came).some((word) => word.id === run && word.status === 'waiting');
  });
  await changed;
  assert.equal(wordsOf(messages).filter((word) => word.id === run).length >= 1, true);
});

test('a foreign run is a missing one, before the stream begins; what is no list of runs is refused', async () => {
  const mine = await createRun();
  const foreign = await createRun(api.tenantB.api_key);
  const ask = (query: string, headers: Record<string, string> = {}): Promise<Answer> =>
    api.ask(`/v1/stream${query}`, { key: api.tenantA.api_key, headers });
  const missing = await ask(`?runs=${newId()}`);
  for (const query of [`?runs=${foreign}`, `?runs=${mine},${foreign}`, `?runs=*,${foreign}:3`]) {
    const answer = await ask(query);
    assert.deepEqual([answer.status, answer.text], [404, missing.text], query);
  }
  const many = Array.from({ length: 51 }, () => newId()).join(',');
  for (const query of [
    '',
    '?runs=',
    '?runs=x',
    `?runs=${mine},`,
    `?runs=${mine},${mine}:1`,
    '?runs=*,*',
    `?runs=${mine}:-1`,
    `?runs=${many}`,
    `?runs=*&view=x`,
  ])
    assert.deepEqual([(await ask(query)).status, (await ask(query)).json.code], [400, 'invalid_request'], query);
  for (const cursor of ['x', '1', 'AQ=', 'Ag', 'AQAA', `A${'A'.repeat(27)}`])
    assert.equal((await ask(`?runs=${mine}`, { 'last-event-id': cursor })).status, 400, cursor);
  assert.equal((await api.ask(`/v1/stream?runs=${mine}`)).status, 401);
});

test('a browser that signs out loses its stream within five seconds', async () => {
  const browser = openBrowser(api);
  const { tenant_id: tenant, user_id: user } = api.tenantA;
  await browser.ask('/v1/session', { json: { token: await createSetupToken(api.database.api, tenant, user) } });
  const { name, value } = browser.cookie ?? { name: '', value: '' };
  let out = 0;
  const { messages, ended } = await readStream(
    `${api.nodes[0]?.url}/v1/stream?runs=*`,
    { cookie: `${name}=${value}`, 'sec-fetch-site': 'same-origin' },
    () => {
      if (out === 0) void browser.ask('/v1/session', { method: 'DELETE' });
      out ||= performance.now();
      return false;
    },
  );
  assert.equal(ended, true);
  assert.ok(performance.now() - out < 5_000);
  assert.deepEqual(messages.at(-1), { event: 'closed', data: '{"code":"unauthenticated"}' });
});
