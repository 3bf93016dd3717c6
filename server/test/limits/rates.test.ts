// Rates: the algorithm as a table and a property, the buckets of two nodes over one database, and what holds when it does not answer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createDatabase, type Database } from '../../src/db/db.ts';
import { createRates, type Rate, type Rates, standingOf, takeFrom, type Wanted } from '../../src/limits/limits.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

let database: TestDatabase;
let other: Database;
const open: Rates[] = [];
before(async () => {
  database = await testDatabase();
  other = createDatabase({ connect: database.connect.api, prefix: database.prefix, max: 4, onFault: () => undefined });
});
after(async () => {
  for (const rates of open) rates.close();
  await other.close();
  await database.drop();
});

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
function node(db: Database): Rates {
  const rates = createRates({ db, clock, onFault: () => undefined });
  open.push(rates);
  return rates;
}
const bucket = (id: string, rate: Rate, scope: Wanted['scope'] = 'key'): Wanted => ({ scope, id, rate });

test('in every window no more is let through than the quota and what came back in it', () => {
  const rate = { count: 10, seconds: 5 };
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 200 }), (pauses) => {
      let now = 1_000;
      let tat: number | undefined;
      const letIn: number[] = [];
      for (const pause of pauses) {
        now += pause;
        const next = takeFrom(rate, tat, now);
        if (next === undefined) continue;
        tat = next;
        letIn.push(now);
      }
      for (const from of letIn) {
        const within = letIn.filter((at) => at >= from && at - from <= rate.seconds).length;
        assert.ok(within <= 2 * rate.count, String(within));
      }
      const [first = 0, last = 0] = [letIn[0], letIn.at(-1)];
      assert.ok(letIn.length <= rate.count + ((last - first) / rate.seconds) * rate.count + 1);
    }),
  );
});

test('a full bucket gives its whole quota at once and then one for each part of the time', () => {
  const rate = { count: 4, seconds: 8 };
  let tat: number | undefined;
  for (let count = 0; count < 4; count++) {
    tat = takeFrom(rate, tat, 100);
    assert.equal(standingOf(rate, true, tat ?? 0, 100).remaining, 3 - count);
  }
  assert.equal(takeFrom(rate, tat, 100), undefined);
  assert.deepEqual(standingOf(rate, false, tat ?? 0, 100), { allowed: false, remaining: 0, reset: 8, retryAfter: 2 });
  assert.equal(takeFrom(rate, tat, 101.9), undefined);
  assert.equal(takeFrom(rate, tat, 102), 110);
});

test('at ten times the limit two nodes together let through at most one in a hundred more than it', async () => {
  const rate = { count: 200, seconds: 20 };
  const nodes = [node(database.api), node(other)];
  const began = performance.now();
  let allowed = 0;
  const flood = async (rates: Rates): Promise<void> => {
    for (let count = 0; count < 125; count++)
      if ((await rates.take([bucket('flooded', rate)], 'closed'))[0]?.allowed === true) allowed++;
  };
  // 2,000 calls, eight at a time on each node.
  await Promise.all(nodes.flatMap((rates) => Array.from({ length: 8 }, () => flood(rates))));
  const most = rate.count + ((performance.now() - began) / 1_000 / rate.seconds) * rate.count;
  assert.ok(allowed >= rate.count, `${allowed} of ${most}`);
  assert.ok(allowed <= most * 1.01, `${allowed} of ${most}`);
});

test('takes of many buckets in any order of names neither wait for each other for ever nor lose a take', async () => {
  const rate = { count: 10_000, seconds: 86_400 };
  const names = ['a', 'b', 'c', 'd'];
  const rates = node(database.api);
  const takes = Array.from({ length: 100 }, (_each, at) => {
    const order = at % 2 === 0 ? names : [...names].reverse();
    return rates.take(
      order.map((name) => bucket(`many-${name}`, rate)),
      'closed',
    );
  });
  await Promise.all(takes);
  const last = await rates.take(
    names.map((name) => bucket(`many-${name}`, rate)),
    'closed',
  );
  for (const one of last)
    assert.ok(one.remaining <= 10_000 - 101 + 10 && one.remaining >= 10_000 - 101, String(one.remaining));
});

test('what is known to be empty is refused without asking the database, until its time', async () => {
  const rate = { count: 1, seconds: 1 };
  const rates = node(database.api);
  const wanted = bucket('short', rate);
  assert.equal((await rates.take([wanted], 'closed'))[0]?.allowed, true);
  assert.equal((await rates.take([wanted], 'closed'))[0]?.allowed, false);
  assert.ok(rates.blocked(wanted) !== undefined);
  const takenAt = async (): Promise<unknown> =>
    (await database.admin('select max(taken_at) as at from sys.rates')).rows[0]?.at;
  const before = await takenAt();
  const again = await rates.take([wanted, bucket('never-made', rate)], 'closed');
  assert.deepEqual([again.length, again[0]?.allowed, await takenAt()], [1, false, before]);
  while (rates.blocked(wanted) !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal((await rates.take([wanted], 'closed'))[0]?.allowed, true);
});

test('the store holds no address and no id, and full buckets leave it', async () => {
  const rates = node(database.api);
  await rates.take([bucket('192.0.2.77', { count: 1_000, seconds: 1 }, 'address')], 'closed');
  const rows = await database.admin('select r::text as row from sys.rates r');
  assert.ok(rows.rows.length > 0 && rows.rows.every((row) => !String(row.row).includes('192.0.2.77')));
  await database.admin('update sys.rates set tat = tat - 1000');
  await database.api.system('sweep_rates', [], () => null);
  assert.deepEqual((await database.admin('select count(*)::int as n from sys.rates')).rows, [{ n: 0 }]);
});

test('while the store is away, what changes something is refused and reads are held by a limit of this node', async () => {
  await database.admin('alter table sys.rates rename to rates_away');
  try {
    const rates = node(database.api);
    const wanted = bucket('away', { count: 3, seconds: 60 });
    await assert.rejects(rates.take([wanted], 'closed'), /not ready/);
    const taken: boolean[] = [];
    for (let count = 0; count < 5; count++) taken.push((await rates.take([wanted], 'local'))[0]?.allowed === true);
    assert.deepEqual(taken, [true, true, true, false, false]);
  } finally {
    await database.admin('alter table sys.rates_away rename to rates');
  }
});
