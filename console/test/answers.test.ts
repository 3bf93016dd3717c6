// What the screens make of answers, as tables: which runs are shown, what a key is, where a rung is, what is tainted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiKey, Posture, RunSummary, SkillSummary } from '@sallyport/contracts';
import { readAudit, readKeys, readRuns, readUsage } from '../src/addresses.ts';
import { countdown } from '../src/components/count-down.ts';
import { pagesFor } from '../src/frame/pages.ts';
import { paletteItems } from '../src/frame/palette-items.ts';
import type { Row } from '../src/live/run-log.ts';
import { alarmsOf, isInUse, sortKeys, stateOf } from '../src/screens/keys/key-facts.ts';
import { SCOPES } from '../src/screens/keys/scopes.ts';
import { mayActOn, rolesToGive } from '../src/screens/members/roles.ts';
import { cellsOf, notCovered, settingIn } from '../src/screens/posture/rungs.ts';
import { changesOf, faultOf, shortened } from '../src/screens/retention/days.ts';
import { neighbour } from '../src/screens/run/other-run.ts';
import { keepRows } from '../src/screens/run/timeline/event-filter.ts';
import { TaintScan } from '../src/screens/run/timeline/taint.ts';
import { toolCall } from '../src/screens/run/timeline/tool-call.ts';
import { filterOf, isFiltered, shownRuns } from '../src/screens/runs/run-filter.ts';
import { statement } from '../src/screens/start/may.ts';
import { budgetFaults, limitsOf } from '../src/screens/usage/budget-form.ts';
import { addMoney, daysOf, fillDays } from '../src/screens/usage/sums.ts';

const NOW = Date.parse('2026-11-25T12:00:30Z');
const HOUR = 3_600_000;
const USER = '0198f2aa-0000-7000-8000-000000000001';

test('the words of an address are read one by one, and what they are not is passed over', () => {
  const all = { status: 'failed', skill: 'web-digest', time: 'day', user: USER, text: 'ab', open: 'start' };
  assert.deepEqual(readRuns({ ...all, x: 1 }), all);
  const wrong = { status: 'fine', skill: 'Web', time: 'year', user: 'me', text: '  ', open: 'delete' };
  assert.deepEqual(readRuns(wrong), {});
  assert.deepEqual(readRuns({ text: 12 }), { text: '12' });
  assert.deepEqual(readRuns({ text: 'x'.repeat(101) }), {});
  assert.deepEqual([readKeys({ open: 'create' }), readKeys({ open: 'revoke' })], [{ open: 'create' }, {}]);
  assert.deepEqual(readAudit({ action: 'key.created', object: 'a b' }), { action: 'key.created' });
  assert.deepEqual(readUsage({ by: 'skill', days: 7 }), { by: 'skill', days: 7 });
  assert.deepEqual(readUsage({ by: 'tenant', days: 8 }), {});
});

test('a filter of runs is one question for a minute, and an open dialog is no filter', () => {
  const asked = filterOf({ time: 'hour', user: USER }, NOW);
  assert.deepEqual([asked.from, asked.created_by], ['2026-11-25T11:00:00.000Z', USER]);
  assert.deepEqual(filterOf({ time: 'hour', user: USER }, NOW + 20_000), asked);
  assert.deepEqual([isFiltered({}), isFiltered({ open: 'start' }), isFiltered({ text: 'a' })], [false, false, true]);
});

const run = (id: string): RunSummary => ({ id }) as RunSummary;
const runs = (...ids: string[]): RunSummary[] => ids.map(run);

test('runs that came since wait until they are asked for, and pinned ones are not shown twice', () => {
  const { shown, fresh } = shownRuns(runs('e', 'd', 'c', 'b', 'a'), runs('b', 'e'), 'c');
  assert.deepEqual([shown.map(({ id }) => id), fresh], [['c', 'a'], 1]);
  assert.deepEqual(shownRuns(runs('b', 'a'), [], undefined), { shown: runs('b', 'a'), fresh: 0 });
});

test('the neighbour of a run is the one beside it, none at the end, unknown in a list without it', () => {
  const ids = ['c', 'b', 'a'];
  assert.deepEqual(
    [
      neighbour(ids, 'b', 'newer'),
      neighbour(ids, 'b', 'older'),
      neighbour(ids, 'a', 'older'),
      neighbour(ids, 'x', 'older'),
    ],
    ['c', 'a', null, undefined],
  );
});

const key = (changes: Partial<ApiKey>): ApiKey =>
  ({
    id: 'k',
    status: 'active',
    scopes: ['runs:read'],
    exposed: false,
    expires_at: new Date(NOW + 24 * HOUR).toISOString(),
    last_used_at: null,
    ...changes,
  }) as ApiKey;

test('a key is what its status and its time say, and those that need a look come first', () => {
  const past = new Date(NOW - 1).toISOString();
  const rows: [ApiKey, string, number][] = [
    [key({}), 'active', 0],
    [key({ status: 'rotating' }), 'overlap', 0],
    [key({ status: 'rotating', expires_at: past }), 'expired', 0],
    [key({ status: 'revoked' }), 'revoked', 0],
    [key({ status: 'frozen' as 'active' }), 'unknown', 0],
    [key({ scopes: Object.keys(SCOPES) }), 'active', 1],
    [key({ scopes: Object.keys(SCOPES), status: 'revoked' }), 'revoked', 0],
    [key({ expires_at: new Date(NOW + 200 * 24 * HOUR).toISOString() }), 'active', 1],
    [key({ exposed: true, status: 'revoked' }), 'revoked', 1],
  ];
  for (const [given, state, alarms] of rows)
    assert.deepEqual([stateOf(given, NOW), alarmsOf(given, NOW).length], [state, alarms]);
  const sorted = sortKeys(
    [key({ id: 'gone', status: 'revoked' }), key({ id: 'good' }), key({ id: 'mighty', scopes: Object.keys(SCOPES) })],
    NOW,
  );
  assert.deepEqual(
    sorted.map(({ id }) => id),
    ['mighty', 'good', 'gone'],
  );
});

test('a key that was used within the hour is in use', () => {
  const used = (ago: number): ApiKey => key({ last_used_at: new Date(NOW - ago).toISOString() });
  assert.deepEqual(
    [isInUse(key({}), NOW), isInUse(used(HOUR - 1), NOW), isInUse(used(HOUR), NOW)],
    [false, true, false],
  );
  assert.deepEqual(
    [countdown(-5), countdown(61_000), countdown(2 * HOUR), countdown(50 * HOUR)],
    ['0 s', '1 min 1 s', '2 h 0 min', '2 d 2 h'],
  );
});

test('nobody is offered a role above their own, nor an act on one who has it', () => {
  assert.deepEqual(
    rolesToGive('developer').map(({ id }) => id),
    ['developer', 'approver', 'viewer'],
  );
  assert.deepEqual(rolesToGive('emperor'), []);
  assert.deepEqual(
    [mayActOn('admin', 'owner'), mayActOn('admin', 'admin'), mayActOn('owner', 'viewer'), mayActOn('x', 'viewer')],
    [false, true, true, false],
  );
});

test('a promise is filled up to its rung, hollow above it, and broken below the baseline', () => {
  const states = (rung: Posture['rung']): string =>
    cellsOf(rung)
      .map(({ state }) => state)
      .join(' ');
  assert.equal(states('production'), 'holding holding hollow');
  assert.equal(states('below_baseline'), 'broken hollow hollow');
  assert.equal(states('unheard' as 'baseline'), 'broken hollow hollow');
  assert.equal(settingIn('SALLYPORT_BLOBS=s3 with more'), 'SALLYPORT_BLOBS=s3');
  assert.equal(settingIn('DATABASE_URL: an own PostgreSQL'), 'DATABASE_URL');
  assert.equal(settingIn('a second worker'), undefined);
  const posture = {
    promises: [
      { promise: 4, next: { reach: ['no setting of this release: x', 'A_B'] } },
      { promise: 5, next: null },
    ],
  };
  assert.deepEqual(notCovered(posture as unknown as Posture), [{ promise: 4, text: 'x' }]);
});

test('a field of days is refused by name, changes only what differs, and knows what it takes away', () => {
  for (const text of ['0', '3651', '1.5', '-1', 'x']) assert.ok(faultOf(text) !== undefined, text);
  for (const text of ['', '1', '3650']) assert.equal(faultOf(text), undefined, text);
  const policy = (data_class: string, days: number | null, changeable = true) => ({
    data_class,
    days,
    default_days: days,
    changeable,
    about: '',
  });
  const policies = [policy('page', 30), policy('run', null), policy('audit', null, false), policy('upload', 9)];
  const changes = changesOf(policies, ({ data_class: name }) => (name === 'upload' ? '9' : '20'));
  assert.deepEqual(changes, { page: 20, run: 20 });
  assert.deepEqual(shortened(policies, changes), ['page', 'run']);
  assert.deepEqual(shortened(policies, { page: 31 }), []);
});

const row = (seq: number, type: string, data_state: Row['data_state'] = 'present'): Row =>
  ({ seq, type, data_state }) as Row;

test('the run is tainted from the first completed call that nobody vouches for, and bodies are asked for in order', () => {
  const rows = ['run.created', 'tool.call.completed', 'model.message', 'tool.call.completed', 'step.started'].map(
    (type, seq) => row(seq, type),
  );
  const bodies = new Map<number, unknown>();
  const wanted: number[] = [];
  const log = {
    body: (seq: number) => (bodies.has(seq) ? { data: bodies.get(seq) } : undefined),
    want: (seq: number) => void wanted.push(seq),
  };
  const scan = new TaintScan();
  assert.equal(scan.read(rows, log), undefined);
  assert.deepEqual(wanted, [1, 3]);
  bodies.set(1, { label: { integrity: 'trusted' } });
  assert.equal(scan.read(rows, log), undefined);
  bodies.set(3, { label: { integrity: 'untrusted' } });
  assert.equal(scan.read(rows, log), 3);
  assert.equal(new TaintScan().read([row(0, 'tool.call.completed', 'expired')], log), 0);
  assert.equal(new TaintScan().read([], log), undefined);
  assert.deepEqual(
    keepRows(rows, 'tainted', 3).map(({ seq }) => seq),
    [3, 4],
  );
  assert.deepEqual(keepRows(rows, 'tainted', undefined), []);
  assert.deepEqual(
    keepRows([...rows, row(5, 'run.waiting')], 'held', 3).map(({ seq }) => seq),
    [5],
  );
});

test('the events of one call are found by its id alone', () => {
  const types = ['tool.call.requested', 'tool.call.requested', 'tool.call.completed', 'tool.call.failed'];
  const rows = types.map((type, seq) => row(seq, type));
  const calls = ['a', 'b', 'a', 'b'];
  const log = { body: (seq: number) => ({ data: { call_id: calls[seq] } }) };
  const found = toolCall(log, rows, row(2, 'tool.call.completed'));
  assert.deepEqual([found.id, found.requested?.seq, found.ended?.seq], ['a', 0, 2]);
  assert.equal(toolCall(log, rows, row(1, 'model.message')).id, undefined);
});

test('money is added as digits, and a day without use is a day', () => {
  assert.equal(addMoney(['0.1', '0.2', '1000000000.0000000001']), '1000000000.3000000001');
  assert.equal(addMoney([]), '0.0000000000');
  assert.deepEqual(daysOf(7, NOW), { from: '2026-11-19', to: '2026-11-25' });
  const days = fillDays([{ key: '2026-11-24', steps: 2, cost: '1' }], '2026-11-23', '2026-11-25');
  assert.deepEqual(
    days.map(({ key: day, steps }) => [day, steps]),
    [
      ['2026-11-23', 0],
      ['2026-11-24', 2],
      ['2026-11-25', 0],
    ],
  );
});

test('a budget needs a name and one of its two limits', () => {
  assert.deepEqual(Object.keys(budgetFaults({ name: ' ', cost: '', tokens: '' })), ['name', 'cost']);
  assert.deepEqual(Object.keys(budgetFaults({ name: 'a', cost: '1,5', tokens: '1.5' })), ['cost', 'tokens']);
  assert.deepEqual(limitsOf({ name: 'a', cost: '2.50', tokens: '' }), { limit_cost: '2.50' });
});

test('what a run may do is said from the skill and from what the form says now', () => {
  const skill = {
    tools: ['web.scrape', 'mail.send'],
    egress: ['@input', 'api.example:443'],
    budget: { tokens: 1, cost: '1.00', seconds: 1, calls: 60 },
  } as unknown as SkillSummary;
  const form = {
    task: 'Compare https://c.test/x.',
    urls: 'https://a.test/\nhttps://a.test/b',
    cost: '0.5',
    calls: '900',
  };
  const [acts = '', hosts = '', most = ''] = statement(skill, form);
  assert.match(acts, /read pages of the hosts below; call mail\.send/);
  assert.match(hosts, /reach a\.test, c\.test, api\.example:443, and nothing that a page names/);
  assert.match(most, /at most \$0\.50 and makes at most 60 calls/);
  const bare = { ...skill, egress: ['@input'] };
  assert.match(statement(bare, { task: '', urls: '', cost: '9', calls: '' })[1] ?? '', /no host until you name a page/);
});

test('the palette offers pages and commands that the user may have, and a run by its whole id', () => {
  const names = (typed: string, scopes: string[]): string[] =>
    paletteItems(typed, { scopes }, []).map(({ name }) => name);
  assert.deepEqual(names('start', ['runs:write']), ['Start a run']);
  assert.deepEqual(names('start', ['runs:read']), []);
  assert.deepEqual(names(USER, ['runs:read']), ['Run 0198f2aa…0001']);
  assert.deepEqual(names(USER, []), []);
  assert.deepEqual(
    pagesFor([]).map(({ to }) => to),
    ['/posture'],
  );
  const letters = pagesFor(Object.keys(SCOPES)).map(({ letter }) => letter);
  assert.equal(new Set(letters).size, letters.length);
});
