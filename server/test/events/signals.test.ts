import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openListener } from '../../src/db/db.ts';
import { openSignals } from '../../src/events/events.ts';
import { newId, type RunId } from '../../src/ids.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

const open = async (): Promise<Awaited<ReturnType<typeof openSignals>> & { end(): Promise<void> }> => {
  const listener = await openListener(database.connect.api, () => undefined);
  const signals = await openSignals(listener, () => undefined);
  const end = async (): Promise<void> => {
    signals.close();
    await listener.close();
  };
  return { ...signals, end };
};

test('a waiter for runs hears of those that it wants from every node, once for many touches, and nothing of the others', async () => {
  const here = await open();
  const there = await open();
  try {
    const [wanted, other] = [newId<RunId>(), newId<RunId>()];
    const some = here.watchRuns((id) => id === wanted);
    const all = here.watchRuns();
    assert.deepEqual(some.take(), { ids: [], missed: false });
    for (const id of [other, wanted, wanted]) there.touched(id);
    await some.wait(10_000);
    assert.deepEqual(some.take(), { ids: [wanted], missed: false });
    const heard = new Set<RunId>();
    while (heard.size < 2) {
      for (const id of all.take().ids) heard.add(id);
      if (heard.size < 2) await all.wait(10_000);
    }
    assert.deepEqual(heard, new Set([other, wanted]));
    here.touched(wanted);
    await some.wait(10_000);
    assert.deepEqual(some.take().ids, [wanted], 'a touch of its own node comes at once');
    some.close();
    all.close();
  } finally {
    await here.end();
    await there.end();
  }
});

test('a waiter that is slow is told that it missed some', async () => {
  const signals = await open();
  try {
    const waiter = signals.watchRuns();
    for (let count = 0; count < 2_001; count++) signals.touched(newId<RunId>());
    const { ids, missed } = waiter.take();
    assert.deepEqual([ids.length, missed], [2_000, true]);
    waiter.close();
    await waiter.wait(60_000);
  } finally {
    await signals.end();
  }
});

test('a waiter whose connection to the database was lost is told that it may have missed some', async () => {
  const signals = await open();
  try {
    const waiter = signals.watchRuns(() => false);
    assert.deepEqual(waiter.take(), { ids: [], missed: false });
    await database.admin(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport listener' and datname = current_database()",
    );
    await waiter.wait(20_000);
    assert.deepEqual(waiter.take(), { ids: [], missed: true });
    waiter.close();
  } finally {
    await signals.end();
  }
});
