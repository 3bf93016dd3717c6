import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { after, test } from 'node:test';
import { startEmbedded } from '../../src/embedded/embedded.ts';
import { processesOf, startMark } from '../../src/embedded/process-table.ts';
import { ask, knock, needsProc, startParent, until, workbench } from './workbench.ts';

const bench = workbench();
after(() => bench.clear());
const { sharedDir } = bench;

test('a fresh start answers with the settings promised, and stop leaves nothing running', async () => {
  const dataDir = bench.folder('fresh', 'open');
  const db = await startEmbedded({ dataDir, sharedDir });
  const expected: Record<string, string> = {
    listen_addresses: '',
    fsync: 'on',
    server_encoding: 'UTF8',
    password_encryption: 'scram-sha-256',
    shared_buffers: '64MB',
    unix_socket_permissions: '0700',
    log_parameter_max_length_on_error: '0',
    data_directory: db.cluster,
  };
  for (const [name, value] of Object.entries(expected))
    assert.equal(await ask(db, `select current_setting('${name}') v`), value, name);
  assert.equal(await ask(db, 'select datcollate v from pg_database where datname = current_database()'), 'C');
  assert.equal(await ask(db, "select string_agg(distinct auth_method, ',') v from pg_hba_file_rules"), 'peer');
  assert.equal(statSync(db.socketDir).mode & 0o777, 0o700);
  assert.equal(db.endedOrphan, false);
  await Promise.all([db.stop(), db.stop()]);
  assert.deepEqual(processesOf(db.cluster), []);
  assert.equal(startMark(db.pid), undefined);
  assert.equal(existsSync(db.socketDir), false);
  assert.equal(readdirSync(dataDir).includes('instance.pid'), false);
});

test('data outlives a restart, also when the folder is named relatively', async () => {
  const dataDir = bench.folder('restart', 'open');
  const first = await startEmbedded({ dataDir: relative(process.cwd(), dataDir), sharedDir });
  await ask(first, "create table kept as select 'here' as v");
  await first.stop();
  const second = await startEmbedded({ dataDir, sharedDir });
  assert.equal(await ask(second, 'select v from kept'), 'here');
  await second.stop();
});

test('a data folder with a path longer than a socket may have works', async () => {
  const dataDir = bench.folder(`long/${'a folder with a long name/'.repeat(8)}end`, 'open');
  const db = await startEmbedded({ dataDir, sharedDir });
  assert.equal(await ask(db, 'select 1 as v'), 1);
  await db.stop();
});

test('a second start on the same folder is refused while the first lives', async () => {
  const dataDir = bench.folder('twice', 'open');
  const starts = await Promise.allSettled([
    startEmbedded({ dataDir, sharedDir }),
    startEmbedded({ dataDir, sharedDir }),
  ]);
  const [won] = starts.filter((start) => start.status === 'fulfilled');
  const [lost] = starts.filter((start) => start.status === 'rejected');
  assert.equal(lost?.reason.code, 'locked');
  assert.match(lost?.reason.message, /kill \d+/);
  assert.ok(won);
  await won.value.stop();
});

for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
  test(`${signal} to the parent ends the database within 2 s`, async () => {
    const dataDir = bench.folder(`parent-${signal}`, 'open');
    const parent = await startParent(dataDir, sharedDir);
    assert.ok(processesOf(parent.cluster).includes(parent.postmaster));
    parent.process.kill(signal);
    await until(() => processesOf(parent.cluster).length === 0, 2_000, 'the database is gone');
    const next = await startEmbedded({ dataDir, sharedDir });
    assert.equal(await ask(next, 'select 1 as v'), 1);
    await next.stop();
  });
}

test('the parent dies in the middle of a transaction: the query ends and the database with it', async () => {
  const parent = await startParent(bench.folder('busy', 'open'), sharedDir);
  const client = await knock(parent);
  await client.query('begin');
  const query = assert.rejects(client.query('select pg_sleep(60)'));
  parent.process.kill('SIGKILL');
  await until(() => processesOf(parent.cluster).length === 0, 2_000, 'the database is gone');
  await query;
  rmSync(parent.socketDir, { recursive: true });
});

test('a stalled parent does not freeze the database, however much it logs', async () => {
  const parent = await startParent(bench.folder('stalled', 'open'), sharedDir);
  parent.process.kill('SIGSTOP');
  const client = await knock(parent);
  await client.query('set log_min_messages = notice');
  await client.query("do $$ begin for n in 1..3000 loop raise notice '%', repeat('x', 500); end loop; end $$");
  assert.equal((await client.query<{ v: number }>('select 1 as v')).rows[0]?.v, 1);
  await client.end();
  parent.process.kill('SIGKILL');
  await until(() => processesOf(parent.cluster).length === 0, 2_000, 'the database is gone');
  rmSync(parent.socketDir, { recursive: true });
});

test('a killed postmaster is told, and the next start recovers what was committed', async () => {
  const dataDir = bench.folder('crash', 'open');
  const first = await startEmbedded({ dataDir, sharedDir });
  await ask(first, "create table kept as select 'committed' as v");
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  await first.stop();
  const second = await startEmbedded({ dataDir, sharedDir });
  assert.equal(await ask(second, 'select v from kept'), 'committed');
  await second.stop();
});

/** The shells that watch over a postmaster. */
function watchersOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').endsWith(`sallyport-watcher\0${pid}\0`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

test('a watcher that is killed is replaced, and stop leaves none', { skip: needsProc }, async () => {
  const db = await startEmbedded({ dataDir: bench.folder('watcher', 'open'), sharedDir });
  const [watcher = 0] = watchersOf(db.pid);
  process.kill(watcher, 'SIGKILL');
  await until(() => watchersOf(db.pid).some((pid) => pid !== watcher), 2_000, 'a new watcher');
  await db.stop();
  await until(() => watchersOf(db.pid).length === 0, 2_000, 'no watcher');
});

test('an orphan whose parent and watcher both died is ended and its data kept', { skip: needsProc }, async () => {
  const dataDir = bench.folder('orphan', 'open');
  const parent = await startParent(dataDir, sharedDir);
  parent.process.kill('SIGSTOP');
  for (const pid of watchersOf(parent.postmaster)) process.kill(pid, 'SIGKILL');
  const dead = once(parent.process, 'exit');
  parent.process.kill('SIGKILL');
  await dead;
  assert.notEqual(startMark(parent.postmaster), undefined, 'the orphan lives');
  const next = await startEmbedded({ dataDir, sharedDir });
  assert.equal(next.endedOrphan, true);
  assert.notEqual(next.pid, parent.postmaster);
  assert.equal(startMark(parent.postmaster), undefined);
  await next.stop();
});
