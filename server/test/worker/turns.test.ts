// Chores of many nodes: one has the turn, and whoever waits takes it when that one ends, however it ends.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createLog } from '../../src/log.ts';
import { type Chore, type Housekeeping, startHousekeeping } from '../../src/worker/housekeeping.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

const quiet = createLog({ level: 'error', write: () => undefined });

interface Keeper extends Housekeeping {
  readonly did: { shared: number; everywhere: number };
}

function begin(onShared: () => Promise<void> = async () => undefined): Keeper {
  const did = { shared: 0, everywhere: 0 };
  const chores: Chore[] = [
    {
      name: 'shared',
      everyMs: 5,
      run: async () => {
        did.shared += 1;
        await onShared();
      },
    },
    {
      name: 'everywhere',
      everyMs: 5,
      everywhere: true,
      run: async () => {
        did.everywhere += 1;
      },
    },
  ];
  return { ...startHousekeeping({ chores, direct: database.connect.worker, log: quiet }), did };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('of three nodes one does the shared chores, all do those with a claim of their own, and the next takes over in turn', async (t) => {
  let atWork = 0;
  const alone = async (): Promise<void> => {
    atWork += 1;
    assert.equal(atWork, 1, 'two nodes are at one chore');
    await new Promise((resolve) => setTimeout(resolve, 10));
    atWork -= 1;
  };
  const keepers = [begin(alone), begin(alone), begin(alone)];
  t.after(() => Promise.all(keepers.map((keeper) => keeper.close())));
  for (let left = keepers.length; left > 0; left--) {
    await until(() => keepers.some(({ did }) => did.shared >= 3) && keepers.every(({ did }) => did.everywhere >= 3));
    const [busy, ...more] = keepers.filter(({ did }) => did.shared > 0);
    assert.ok(busy !== undefined && more.length === 0, JSON.stringify(keepers.map(({ did }) => did)));
    await busy.close();
    keepers.splice(keepers.indexOf(busy), 1);
  }
});

test('a node whose session of the turn is gone stops its chores, and asks for the turn anew', async (t) => {
  const keeper = begin();
  t.after(() => keeper.close());
  await until(() => keeper.did.shared > 2);
  const holder = `select l.pid from pg_locks l join pg_database d on d.oid = l.database
    where l.locktype = 'advisory' and l.classid = 21020 and l.granted and d.datname = current_database()`;
  const { rows } = await database.admin(holder);
  assert.equal(rows.length, 1);
  await database.admin('select pg_terminate_backend($1)', [rows[0]?.pid]);
  await until(() => keeper.did.shared > 10);
  const again = await database.admin(holder);
  assert.notEqual(again.rows[0]?.pid, rows[0]?.pid);
});
