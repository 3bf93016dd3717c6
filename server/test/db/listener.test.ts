import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openListener } from '../../src/db/db.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

const sessions = "application_name = 'sallyport listener' and datname = current_database()";

async function count(): Promise<number> {
  const { rows } = await database.admin(`select count(*)::int as n from pg_stat_activity where ${sessions}`);
  return Number(rows[0]?.n);
}

test('a listener that is cut off again and again comes back as one, and tells everybody to look', async () => {
  const heard: string[] = [];
  const listener = await openListener(database.connect.api, () => undefined);
  await listener.listen('probe', (payload) => heard.push(payload));
  for (let cut = 0; cut < 3; cut++) {
    const before = heard.length;
    await database.admin(`select pg_terminate_backend(pid) from pg_stat_activity where ${sessions}`);
    while (heard.length === before) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(heard.at(-1), '', 'what was sent meanwhile is lost: everybody looks once');
  }
  await listener.notify('probe', 'after');
  while (heard.at(-1) !== 'after') await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(await count(), 1);
  await listener.close();
  while ((await count()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('a database that refuses every try is tried by one session, not by ever more', async () => {
  let faults = 0;
  const listener = await openListener(database.connect.api, () => {
    faults++;
  });
  const limit = async (most: number): Promise<void> => {
    const { rows } = await database.admin('select quote_ident(current_database()) as name');
    await database.admin(`alter database ${String(rows[0]?.name)} connection limit ${most}`);
  };
  await limit(0);
  try {
    await database.admin(`select pg_terminate_backend(pid) from pg_stat_activity where ${sessions}`);
    const from = performance.now();
    // The cut tells twice, and so does each try.
    while (faults < 8) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(performance.now() - from > 700, 'there is a pause between the tries');
    await limit(-1);
    while ((await count()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(await count(), 1);
  } finally {
    await limit(-1);
    await listener.close();
  }
});
