// S17, S18: a database of this version takes the next migration, whatever moment its migrator is killed in; an older release refuses.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { migrate } from '../../src/db/db.ts';
import { Fault } from '../../src/errors.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

const PROGRAM = fileURLToPath(new URL('./migrate-process.ts', import.meta.url));
const RELEASED = fileURLToPath(new URL('../../src/db/migrations/', import.meta.url));
/** Type of a simple query, and of the message that ends a session (PostgreSQL, message formats). */
const QUERY = 'Q'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);

let folder: string;
let next: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'sp-upgrade-'));
  cpSync(RELEASED, join(folder, 'migrations'), { recursive: true });
  const newest = Number(readdirSync(RELEASED).toSorted().at(-1)?.slice(0, 4));
  next = `${String(newest + 1).padStart(4, '0')}_of_the_next_release.sql`;
  writeFileSync(
    join(folder, 'migrations', next),
    `create table app.next_release (id int primary key, note text not null);
     insert into app.next_release values (1, 'first');
     alter table app.next_release add column more int not null default 7;
     insert into app.next_release values (2, 'second', 8);
     drop table if exists app.that_never_was;`,
  );
});
after(() => rmSync(folder, { recursive: true }));

interface Gate {
  readonly server: Server;
  readonly folder: string;
}

/** Stands between the migrator and the database, and kills the migrator right after its `at`-th statement went through. */
function openGate(database: TestDatabase, at: number, victim: () => ChildProcess): Gate {
  const { host, port } = database.connect.direct;
  const place = mkdtempSync(join(tmpdir(), 'sp-gate-'));
  const server = createServer((near: Socket) => {
    const far = connect(`${host}/.s.PGSQL.${port}`);
    let rest = Buffer.alloc(0);
    let started = false;
    let statements = 0;
    near.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        // The first message has no type byte.
        const head = started ? 1 : 0;
        if (rest.length < head + 4) return;
        const length = head + rest.readUInt32BE(head);
        if (rest.length < length) return;
        const message = rest.subarray(0, length);
        rest = rest.subarray(length);
        const type = started ? message[0] : undefined;
        started = true;
        far.write(message);
        // A statement with values goes as parse, bind, execute and sync; the sync ends it.
        if (type === QUERY || type === 'S'.charCodeAt(0) || type === TERMINATE) statements++;
        if (statements === at) victim().kill('SIGKILL');
      }
    });
    far.on('data', (chunk) => near.write(chunk));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  return { server: server.listen(join(place, `.s.PGSQL.${port}`)), folder: place };
}

/** Answers true when the migrator came to its end before it could be killed. */
async function killedAfter(database: TestDatabase, at: number): Promise<boolean> {
  const holder: { child?: ChildProcess } = {};
  const gate = openGate(database, at, () => holder.child as ChildProcess);
  await once(gate.server, 'listening');
  const { port, database: name } = database.connect.direct;
  const args = [gate.folder, String(port), name, database.prefix, join(folder, 'migrations')];
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  holder.child = child;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  gate.server.close();
  rmSync(gate.folder, { recursive: true, force: true });
  assert.ok(signal === 'SIGKILL' || code === 0, said);
  return signal === null;
}

test('a migrator that is killed after any of its statements leaves a database that the next start finishes', async () => {
  let kills = 0;
  for (let at = 1; ; at++) {
    const database = await testDatabase();
    try {
      const finished = await killedAfter(database, at);
      if (!finished) kills++;
      const { applied } = await migrate({
        direct: database.connect.direct,
        prefix: database.prefix,
        folder: pathToFileURL(`${join(folder, 'migrations')}/`),
      });
      assert.ok(applied.length <= 1 && applied.every((name) => name === next), `after ${at}: ${applied.join(' ')}`);
      const { rows } = await database.admin('select id, note, more from app.next_release order by id');
      assert.deepEqual(rows, [
        { id: 1, note: 'first', more: 7 },
        { id: 2, note: 'second', more: 8 },
      ]);
      const done = await database.admin('select count(*)::int as n from sallyport_meta.migrations where name = $1', [
        next,
      ]);
      assert.equal(done.rows[0]?.n, 1);
      if (finished) break;
    } finally {
      await database.drop();
    }
  }
  assert.ok(kills > 10, `it was killed ${kills} times`);
});

test('an older release refuses the newer schema in one sentence, and changes nothing', async (t) => {
  const database = await testDatabase();
  t.after(() => database.drop());
  await migrate({
    direct: database.connect.direct,
    prefix: database.prefix,
    folder: pathToFileURL(`${join(folder, 'migrations')}/`),
  });
  await database.admin("update sallyport_meta.migrations set release = '9.9.9' where version = $1", [
    Number(next.slice(0, 4)),
  ]);
  const error = await migrate({ direct: database.connect.direct, prefix: database.prefix }).then(
    () => assert.fail('it did not refuse'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Fault && error.code === 'schema_newer');
  const sentence = `stands at migration ${Number(next.slice(0, 4))}, made by 9\\.9\\.9; this is \\S+, which knows \\d+: start 9\\.9\\.9 or a later one$`;
  assert.match(error.message, new RegExp(sentence));
  const { rows } = await database.admin('select count(*)::int as n from app.next_release');
  assert.equal(rows[0]?.n, 2);
});
