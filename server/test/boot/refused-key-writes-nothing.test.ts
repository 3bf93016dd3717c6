// S14: the database knows which master key it counts on, and says so before anything is written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../src/errors.ts';
import { testDatabase, testMaster } from '../database.ts';
import { beginNode } from '../node.ts';

test('a wrong and a missing master key stop the boot by their fingerprints, and nothing was written', async (t) => {
  const database = await testDatabase();
  t.after(() => database.drop());
  /** Every row of ours with the transaction that wrote it. */
  const rows = async (): Promise<string> => {
    const tables = await database.admin(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('app', 'sallyport_meta') order by 1",
    );
    const written: unknown[] = [];
    for (const { name } of tables.rows)
      written.push([
        name,
        (await database.admin(`select xmin::text, ctid::text from ${String(name)} order by 2`)).rows,
      ]);
    assert.ok(written.length > 5);
    return JSON.stringify(written);
  };
  const before = await rows();
  const counted = Buffer.from(testMaster().fingerprint(1)).toString('hex').slice(0, 16);
  for (const [key, here] of [
    ['ab'.repeat(32), /the one here has fingerprint [0-9a-f]{16}/],
    ['', /fingerprint: none/],
  ] as const) {
    const node = await beginNode(database, 0, { SALLYPORT_MASTER_KEY: key });
    const error = await node.served.then(
      () => assert.fail('it started'),
      (reason: unknown) => reason,
    );
    await node.clear();
    assert.ok(error instanceof Fault && error.code === 'configuration', String(error));
    assert.match(error.message, new RegExp(`master key 1 with fingerprint ${counted}`));
    assert.match(error.message, here);
    assert.equal(await rows(), before);
  }
});
