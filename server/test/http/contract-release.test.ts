// Which release a reader is told events in: what the call names, what its key has pinned, and what becomes of the rest.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { parseExport, verifyChain } from '@sallyport/chain';
import { CURRENT_RELEASE, type NewEvent } from '@sallyport/contracts';
import { append, lockRun } from '../../src/events/events.ts';
import { asId, type RunId } from '../../src/ids.ts';
import { type Api, startApi } from './api.ts';

const FIXTURES = new URL('../../../contracts/fixtures/event/tool.call.denied@2.json', import.meta.url);
const denied = JSON.parse(readFileSync(FIXTURES, 'utf8')) as object[];
const FIRST = '2026-11-01';
const SSE = { accept: 'text/event-stream' };
let api: Api;
let key: string;
let run: string;

before(async () => {
  api = await startApi();
  key = api.tenantA.api_key;
  run = (await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'x' } })).json.id;
  await api.database.admin(`update app.runs set status = 'running' where id = $1`, [run]);
  const actor = { kind: 'system', id: 'gateway' } as const;
  const events = denied.map((data) => ({ type: 'tool.call.denied', actor, data }) as NewEvent);
  await api.deps.db.atomic(await api.principal(key), async (tx) => {
    const { epoch } = await lockRun(tx, asId<RunId>(run), { kind: 'control' });
    const worker = { kind: 'worker', epoch } as const;
    await append(tx, await lockRun(tx, asId<RunId>(run), worker), worker, events);
  });
  await api.database.admin(`update app.runs set status = 'failed', ended_at = clock_timestamp() where id = $1`, [run]);
});
after(() => api.close());

const path = (rest = '/events'): string => `/v1/runs/${run}${rest}`;
const named = (release: string): Record<string, string> => ({ 'contracts-version': release });

interface Told {
  readonly type: string;
  readonly version: number;
  readonly data: { readonly by?: unknown };
  readonly view?: unknown;
  readonly hash?: string;
  readonly stored_hash?: string;
}
const denials = (data: readonly Told[]): Told[] => data.filter(({ type }) => type === 'tool.call.denied');

test('the header is taken and answered; an older reader is told the older version, with the dates of its end', async () => {
  const now = await api.ask(path(), { key, headers: named(CURRENT_RELEASE) });
  assert.deepEqual([now.headers.get('contracts-version'), now.headers.get('deprecation')], [CURRENT_RELEASE, null]);
  assert.match(now.headers.get('vary') ?? '', /Contracts-Version/);
  assert.ok(denials(now.json.data).every(({ version, data, view }) => version === 2 && data.by && view === undefined));
  const old = await api.ask(path(), { key, headers: named(FIRST) });
  assert.equal(old.headers.get('contracts-version'), FIRST);
  assert.match(old.headers.get('deprecation') ?? '', /^@\d{10}$/);
  const sunset = Date.parse(old.headers.get('sunset') ?? '');
  assert.ok(sunset >= Number(old.headers.get('deprecation')?.slice(1)) * 1_000);
  assert.match(old.headers.get('link') ?? '', /rel="deprecation"/);
  const told = denials(old.json.data);
  assert.equal(told.length, denied.length);
  for (const { version, data, hash, stored_hash: stored } of told)
    assert.deepEqual([version, 'by' in data, hash, typeof stored], [1, false, undefined, 'string']);
});

test('heads, one event, the stream of a run and the stream of many are told in the same release', async () => {
  const heads = await api.ask(path('/events?view=envelope'), { key, headers: named(FIRST) });
  assert.ok(denials(heads.json.data).every(({ version }) => version === 1));
  const one = await api.ask(path('/events/1'), { key, headers: named(FIRST) });
  assert.deepEqual([one.json.version, one.headers.get('contracts-version')], [1, FIRST]);
  const stream = await api.ask(path(`/events?contracts_version=${FIRST}`), { key, headers: SSE });
  assert.equal(stream.headers.get('contracts-version'), FIRST);
  assert.match(stream.text, /^retry: 1000\n\nevent: contract\.deprecated\ndata: \{"release":"2026-11-01"/);
  assert.equal(stream.text.match(/event: contract\.deprecated/g)?.length, 1);
  assert.match(stream.text, /event: tool\.call\.denied\ndata: .*"version":1,/);
  assert.doesNotMatch(stream.text, /"by":/);
  const many = await fetch(`${api.nodes[0]?.url}/v1/stream?runs=${run}`, {
    headers: { authorization: `Bearer ${key}`, ...named(FIRST) },
  });
  assert.equal(many.headers.get('contracts-version'), FIRST);
  await many.body?.cancel();
});

test('what is exported is what is stored, whatever the release, and it verifies', async () => {
  const texts = await Promise.all(
    [FIRST, CURRENT_RELEASE].map((release) => api.ask(path('/export'), { key, headers: named(release) })),
  );
  const [first, second] = texts.map(({ text }) => text);
  assert.equal(first, second);
  assert.match(first ?? '', /"type":"tool\.call\.denied","version":2/);
  assert.equal((await verifyChain(await parseExport((first ?? '').split('\n')))).ok, true);
});

test('a release that is not there is refused with those that are, and so are two that differ', async () => {
  for (const release of ['2019-01-01', 'newest', '2026-11-1', "'"]) {
    const refused = await api.ask(path(), { key, headers: named(release) });
    assert.deepEqual([refused.status, refused.json.code], [400, 'unsupported_contracts_version']);
    assert.equal(refused.json.errors[0].message, `is none of ${FIRST}, ${CURRENT_RELEASE}`);
  }
  const two = await api.ask(path(`/events?contracts_version=${FIRST}`), { key, headers: named(CURRENT_RELEASE) });
  assert.deepEqual([two.status, two.json.code], [400, 'invalid_request']);
});

test('a key pins the newest release when it is made, or the one it names; a call that names none is told in it', async () => {
  const make = (more: object) => api.ask('/v1/api-keys', { key, json: { name: 'k', ...more } });
  const newest = (await make({})).json;
  assert.equal(newest.contracts_version, CURRENT_RELEASE);
  const older = (await make({ contracts_version: FIRST })).json;
  const told = await api.ask(path(), { key: older.api_key });
  assert.equal(told.headers.get('contracts-version'), FIRST);
  assert.ok(denials(told.json.data).every(({ version }) => version === 1));
  const over = await api.ask(path(), { key: older.api_key, headers: named(CURRENT_RELEASE) });
  assert.equal(over.headers.get('contracts-version'), CURRENT_RELEASE);
  const wrong = await make({ contracts_version: '2019-01-01' });
  assert.deepEqual([wrong.status, wrong.json.code], [400, 'unsupported_contracts_version']);
  const rotated = await api.ask(`/v1/api-keys/${older.id}/rotate`, { key, json: {} });
  assert.equal(rotated.json.contracts_version, FIRST);
});

test('a pin is moved by its owner, with a record of it, and not by another tenant', async () => {
  const made = (await api.ask('/v1/api-keys', { key, json: { name: 'k', contracts_version: FIRST } })).json;
  const asked = { method: 'PATCH', json: { contracts_version: CURRENT_RELEASE } };
  assert.equal((await api.ask(`/v1/api-keys/${made.id}`, { ...asked, key: api.tenantB.api_key })).status, 404);
  const moved = await api.ask(`/v1/api-keys/${made.id}`, { ...asked, key });
  assert.deepEqual([moved.status, moved.json.contracts_version], [200, CURRENT_RELEASE]);
  const told = await api.ask(path(), { key: made.api_key });
  assert.equal(told.headers.get('contracts-version'), CURRENT_RELEASE);
  const acts = await api.database.admin(
    `select detail from app.audit where action = 'key.changed' and object_id = $1`,
    [made.id],
  );
  assert.deepEqual(JSON.parse(String(acts.rows[0]?.detail)), { contracts_version: CURRENT_RELEASE, before: FIRST });
});

test('a key from before pins, and one that an older node makes, knows the first release', async () => {
  const { rows } = await api.database.admin(
    `select column_default from information_schema.columns where table_schema = 'app' and table_name = 'api_keys' and column_name = 'contracts_version'`,
  );
  assert.deepEqual(rows, [{ column_default: `'${FIRST}'::text` }]);
});

test('a reader who has seen more than the log holds is told so, and goes on from its end', async () => {
  const last: number = (await api.ask(`/v1/runs/${run}`, { key })).json.last_seq;
  const headers = { ...SSE, ...named(CURRENT_RELEASE), 'last-event-id': String(last + 20) };
  const { text } = await api.ask(path(), { key, headers });
  const gap = { first_seq: last + 1, last_seq: last + 20, reason: 'log_is_shorter' };
  assert.ok(text.includes(`event: stream.gap\ndata: ${JSON.stringify(gap)}\n\n`), text);
  const whole = await api.ask(path(), { key, headers: { ...headers, 'last-event-id': String(last) } });
  assert.doesNotMatch(whole.text, /stream\.gap/);
});

test('an event that an older writer stored is read up, and its row and its chain stay as they were', async () => {
  const id = asId<RunId>(run);
  const before = await api.database.admin('select data, hash, version from app.events where run_id = $1 order by seq', [
    id,
  ]);
  // The clear columns alone: this is what the row of an older writer says.
  const own = (await api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 'y' } })).json.id;
  const old = await api.ask(`/v1/runs/${own}/events`, { key, headers: named(FIRST) });
  assert.equal(old.json.data[0].version, 1);
  await api.ask(path(), { key, headers: named(FIRST) });
  await api.ask(path(), { key, headers: named(CURRENT_RELEASE) });
  const then = await api.database.admin('select data, hash, version from app.events where run_id = $1 order by seq', [
    id,
  ]);
  assert.deepEqual(then.rows, before.rows);
});

test('each read of events is counted by its release in the line of the request', async () => {
  await api.ask(path(), { key, headers: named(FIRST) });
  const line = api.lines.map((text) => JSON.parse(text)).findLast(({ contracts }) => contracts !== undefined);
  assert.deepEqual([line?.contracts, line?.tenant_id], [FIRST, api.tenantA.tenant_id]);
});
