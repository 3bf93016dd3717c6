// S19: one node migrates, the other waits; both live, and both say how far it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { ensureDatabase } from '../../src/db/db.ts';
import { testDatabase } from '../database.ts';
import { ask, beginNode, freePort, type StartingNode } from '../node.ts';

/** A database without any migration, on which each change of the schema takes a while. */
async function bareDatabase() {
  const database = await testDatabase();
  const { direct } = database.connect;
  const name = `${direct.database}_bare`;
  await ensureDatabase({ ...direct, database: 'postgres' }, name);
  const bare = { ...database, connect: { ...database.connect, direct: { ...direct, database: name } } };
  const client = new pg.Client(bare.connect.direct);
  await client.connect();
  await client.query(`create function public.slowly() returns event_trigger language plpgsql as $f$ begin perform pg_sleep(0.01); end $f$;
    create event trigger slowly on ddl_command_end execute function public.slowly()`);
  return {
    bare,
    client,
    drop: async () => {
      await client.end();
      await database.admin(`drop database ${name} with (force)`);
      await database.drop();
    },
  };
}

/** Every word of `/readyz` from the first to the moment when the node is ready. */
async function listen(node: StartingNode): Promise<string[]> {
  const words: string[] = [];
  for (;;) {
    const said = await ask(node.port, '/readyz').catch(() => undefined);
    if (said?.status === 200) return words;
    if (said !== undefined) {
      assert.equal((await ask(node.port, '/healthz')).status, 200, 'it lives all the while');
      words.push(String(said.json.detail));
    }
    await delay(20);
  }
}

test('of two nodes on a bare database one migrates and the other waits, and readiness of both counts the steps', async (t) => {
  const { bare, client, drop } = await bareDatabase();
  const nodes: StartingNode[] = [];
  t.after(async () => {
    for (const node of nodes) await node.clear();
    await drop();
  });
  for (let count = 0; count < 2; count++)
    nodes.push(await beginNode(bare, await freePort(), { SALLYPORT_ROLES: 'api' }));
  const heard = await Promise.all(nodes.map(listen));
  const migrated = nodes.map(({ lines }) => lines.filter((line) => line.includes('"migrate.step"')).length);
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from sallyport_meta.migrations');
  assert.deepEqual(
    migrated.toSorted((a, b) => a - b),
    [0, rows[0]?.n],
    'one did all of it',
  );
  for (const words of heard) {
    const steps = words.flatMap((word) => {
      const [, done, all] = /^migrating (\d+)\/(\d+)$/.exec(word) ?? [];
      return done === undefined ? [] : [{ done: Number(done), all: Number(all) }];
    });
    assert.ok(new Set(steps.map(({ done }) => done)).size >= 3, `it told of too few steps: ${words.join(', ')}`);
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a.done - b.done),
    );
    for (const { all } of steps) assert.equal(all, rows[0]?.n);
  }
});
