// The laws of versions: what was released is readable, what goes up comes down as it was, and a denial is a denial in each of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CONTRACT_RELEASES,
  CONTROL_MESSAGES,
  CURRENT_RELEASE,
  checker,
  currentView,
  EVENT_TYPES,
  EVENT_VERSIONS,
  type EventEnvelope,
  type EventType,
  eventSchemas,
  findRelease,
  isReadable,
  STEPS,
  type Step,
  viewFor,
} from '../src/contracts.ts';
import { releasedContracts } from '../src/released.ts';
import { createConverter } from '../src/versions/convert.ts';
import { readFixtures } from './fixtures.ts';

const FIXTURES = readFixtures();
const USER = { kind: 'user', id: '0198f2aa-0000-7000-8000-000000000003' } as const;
const GATEWAY = { kind: 'system', id: 'gateway' } as const;

function stored(type: string, version: number, data: object | null): EventEnvelope {
  const byPerson = data !== null && 'reason' in data && data.reason === 'denied_by_person';
  return {
    ...{ id: 'e', tenant_id: 't', run_id: 'r', seq: 4, type, version, time: '2026-11-01T00:00:00.000Z' },
    ...{ actor: byPerson ? USER : GATEWAY, data, data_state: data === null ? 'expired' : 'present' },
    ...{ prev_hash: null, hash: 'ab'.repeat(32) },
  };
}

const release = (date: string) => {
  const found = findRelease(date);
  assert.ok(found !== undefined, date);
  return found;
};

test('every version that was released has fixtures, valid under its own schema', async () => {
  const names = new Set((await releasedContracts()).map(({ name }) => name));
  for (const name of names) {
    const [kind] = name.split(' ');
    if (kind === 'release' || kind === 'http') continue;
    const fixtures = FIXTURES.get(name) ?? [];
    assert.ok(fixtures.length > 0, `${name} has no fixture`);
    const [type = '', version = ''] = name.slice(String(kind).length + 1).split('@');
    if (kind === 'event')
      for (const data of fixtures)
        assert.ok(isReadable(type, Number(version), data), `${name} ${JSON.stringify(data)}`);
    if (kind === 'control')
      for (const data of fixtures) {
        const schema = CONTROL_MESSAGES[type as keyof typeof CONTROL_MESSAGES];
        assert.ok(checker(schema)(data).ok, name);
      }
  }
  assert.ok(names.size >= 34, `${names.size}`);
});

test('every older version has a step to the next, and at least one type has two versions', () => {
  for (const type of EVENT_TYPES)
    for (let version = 1; version < EVENT_VERSIONS[type]; version++)
      assert.ok(
        STEPS.some((step) => step.type === type && step.from === version),
        `${type}@${version}`,
      );
  assert.ok(STEPS.length >= 1);
});

test('what goes up is valid in the newer version and comes down as it was', () => {
  for (const step of STEPS)
    for (const data of FIXTURES.get(`event ${step.type}@${step.from}`) ?? []) {
      const up = step.up(data as Record<string, unknown>, stored(step.type, step.from, data));
      const writer = checker(eventSchemas()[step.type as EventType]);
      assert.ok(writer(up).ok, `${step.type}@${step.from + 1} ${JSON.stringify(up)}`);
      assert.deepEqual(step.down?.(up), data);
      assert.deepEqual(step.up(data as Record<string, unknown>, stored(step.type, step.from, data)), up);
    }
});

test('what comes down is valid in the older version, and loses what its step says and nothing else', () => {
  for (const step of STEPS)
    for (const data of FIXTURES.get(`event ${step.type}@${step.from + 1}`) ?? []) {
      const down = step.down?.(data as Record<string, unknown>);
      assert.ok(checker(step.older)(down).ok);
      const again = step.up(down ?? {}, stored(step.type, step.from, data));
      const copy = structuredClone(data) as Record<string, Record<string, unknown>>;
      for (const pointer of step.loses) {
        const [, outer = '', inner = ''] = pointer.split('/');
        delete copy[outer]?.[inner];
      }
      assert.deepEqual(again, copy);
    }
});

test('what decides about a call is never left out nor softened on its way down', () => {
  for (const step of STEPS.filter(({ type }) => /^(?:tool\.call\.|policy\.|egress\.blocked)/.test(type))) {
    assert.ok(step.down !== undefined, step.type);
    for (const data of FIXTURES.get(`event ${step.type}@${step.from + 1}`) ?? []) {
      const told = viewFor(release('2026-11-01'))(stored(step.type, step.from + 1, data));
      assert.equal(told.type, step.type);
      const [before, after] = [data, told.data] as Record<string, unknown>[];
      for (const name of ['call_id', 'tool', 'reason', 'detail']) assert.equal(after?.[name], before?.[name]);
    }
  }
});

test('a copy in another version says so and bears the hash of what is stored under another name; the stored one is left as it was', () => {
  const [data] = FIXTURES.get('event tool.call.denied@1') ?? [];
  const event = Object.freeze(stored('tool.call.denied', 1, Object.freeze(data ?? {})));
  const view = currentView(event);
  assert.deepEqual(view.view, { of_version: 1, to_version: 2 });
  assert.deepEqual([view.hash, view.stored_hash, view.version], [undefined, event.hash, 2]);
  assert.deepEqual((view.data as { by: unknown }).by, { kind: 'person', user_id: USER.id });
  assert.equal(
    viewFor(release('2026-11-01'))(event),
    event,
    'a reader of the version that was written gets what is stored',
  );
});

test('a payload that is gone, a body of another shape and a version of the future are not guessed at', () => {
  const gone = currentView(stored('tool.call.denied', 1, null));
  assert.deepEqual([gone.data, gone.version, gone.data_state], [null, 2, 'expired']);
  const broken = stored('tool.call.denied', 1, { call_id: 7 });
  assert.equal(currentView(broken), broken);
  const future = viewFor(release(CURRENT_RELEASE))(stored('tool.call.denied', 9, { verdict: 'yes' }));
  assert.deepEqual([future.version, future.data, future.hash], [9, { verdict: 'yes' }, 'ab'.repeat(32)]);
  assert.match(future.fallback?.text ?? '', /tool\.call\.denied in version 9/);
  const foreign = viewFor(release('2026-11-01'))(stored('deal.sealed', 1, { ok: true }));
  assert.deepEqual([foreign.type, foreign.fallback?.title], ['deal.sealed', 'Deal sealed']);
});

test('an event without an older form leaves a gap in its own place', () => {
  const [older] = STEPS;
  assert.ok(older !== undefined);
  const hard: Step = { ...older, type: 'run.foreseen', down: undefined };
  const converter = createConverter([hard], () => eventSchemas()['tool.call.denied']);
  const [data] = FIXTURES.get('event tool.call.denied@2') ?? [];
  const told = converter.view(stored('run.foreseen', 2, data ?? {}), 1);
  assert.deepEqual([told.seq, told.type, told.version, told.hash], [4, 'stream.gap', 1, undefined]);
  assert.deepEqual(told.data, { first_seq: 4, last_seq: 4, reason: 'no_older_form', type: 'run.foreseen' });
  assert.ok(checker(CONTROL_MESSAGES['stream.gap'])(told.data).ok);
  const { data: _data, ...head } = stored('run.foreseen', 2, {});
  assert.ok(!('data' in converter.view(head, 1)));
});

test('releases come in the order of their dates, the newest is the current one, and a deprecated one has a sunset a year later', () => {
  const dates = CONTRACT_RELEASES.map(({ date }) => date);
  assert.deepEqual(dates, dates.toSorted());
  assert.equal(dates.at(-1), CURRENT_RELEASE);
  const newest = CONTRACT_RELEASES.at(-1);
  assert.deepEqual(Object.fromEntries(newest?.versions ?? []), { ...EVENT_VERSIONS });
  assert.equal(newest?.deprecation, undefined);
  for (const { date, deprecation } of CONTRACT_RELEASES.slice(0, -1)) {
    assert.ok(deprecation !== undefined, date);
    assert.ok(Date.parse(deprecation.sunset) - Date.parse(deprecation.at) >= 365 * 86_400_000, date);
  }
});
