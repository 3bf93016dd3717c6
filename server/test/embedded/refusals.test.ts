import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { installBinaries } from '../../src/embedded/binaries.ts';
import { initCluster } from '../../src/embedded/cluster.ts';
import { rootsChoice } from '../../src/embedded/database-user.ts';
import { EmbeddedError, startEmbedded } from '../../src/embedded/embedded.ts';
import { makeSocketFolder, socketFolder } from '../../src/embedded/folders.ts';
import { openInstance, takeLock } from '../../src/embedded/instance.ts';
import { endOrphan } from '../../src/embedded/orphan.ts';
import { startPostmaster } from '../../src/embedded/postmaster.ts';
import { startMark } from '../../src/embedded/process-table.ts';
import { ask, needsProc, needsRoot, workbench } from './workbench.ts';

const bench = workbench();
after(() => bench.clear());
const { sharedDir } = bench;
const NOBODY = 65_534;

test('a home of mode 0700 keeps the cluster in the shared folder, with binaries all may run', {
  skip: needsRoot,
}, async () => {
  const dataDir = bench.folder('home/data', 'private');
  const mask = process.umask(0o077);
  try {
    const db = await startEmbedded({ dataDir, sharedDir });
    assert.equal(await ask(db, 'select 1 as v'), 1);
    assert.ok(db.cluster.startsWith(join(sharedDir, 'db')));
    assert.equal(statSync(db.cluster).mode & 0o777, 0o700);
    assert.notEqual(statSync(db.cluster).uid, 0);
    await db.stop();
    // A cluster that stands is never passed by, though the data folder could hold a new one by now.
    chmodSync(dataDir, 0o755);
    const again = await startEmbedded({ dataDir, sharedDir });
    assert.equal(again.cluster, db.cluster);
    await again.stop();
  } finally {
    process.umask(mask);
  }
});

test('another user of the machine is refused, even past the private folder', { skip: needsRoot }, async () => {
  const db = await startEmbedded({ dataDir: bench.folder('peer', 'open'), sharedDir });
  await ask(db, 'create role anyone login');
  assert.equal(await ask(db, 'select current_user v', 'anyone'), 'anyone');
  const asNobody = async (): Promise<unknown> => {
    process.seteuid?.(NOBODY);
    try {
      return await ask(db, 'select 1 as v');
    } finally {
      process.seteuid?.(0);
    }
  };
  await assert.rejects(asNobody(), { code: 'EACCES' });
  chmodSync(db.socketDir, 0o755);
  chmodSync(join(db.socketDir, `.s.PGSQL.${db.port}`), 0o777);
  await assert.rejects(asNobody(), /[Pp]eer authentication failed/);
  await db.stop();
});

test('a cluster that went out of reach is named, never replaced by an empty one', { skip: needsRoot }, async () => {
  const dataDir = bench.folder('closed', 'open');
  const db = await startEmbedded({ dataDir, sharedDir });
  await db.stop();
  assert.equal(db.cluster, join(dataDir, 'db'));
  chmodSync(dataDir, 0o700);
  await assert.rejects(startEmbedded({ dataDir, sharedDir }), { code: 'wrong_owner', message: /chmod a\+x/ });
});

const squats: [string, (path: string) => void][] = [
  ['a link', (path) => symlinkSync(bench.folder('victim', 'private'), path)],
  [
    'a folder of another user',
    (path) => {
      mkdirSync(path, { mode: 0o700 });
      chownSync(path, NOBODY, NOBODY);
    },
  ],
  ['a folder open to others', (path) => mkdirSync(path) ?? chmodSync(path, 0o777)],
];
for (const [name, squat] of squats) {
  test(`${name} in the place of the socket's folder is refused`, { skip: needsRoot }, async () => {
    const dataDir = bench.folder(`squat/${name}`, 'open');
    const path = socketFolder(openInstance(dataDir));
    squat(path);
    try {
      await assert.rejects(startEmbedded({ dataDir, sharedDir }), { code: 'wrong_owner', message: /rm -r/ });
      assert.equal(statSync(bench.folder('victim', 'private')).uid, 0);
    } finally {
      rmSync(path, { recursive: true, force: true });
    }
  });
}

test('a data folder that cannot be one is told with the command that mends it', async () => {
  const path = join(bench.root, 'a-file');
  writeFileSync(path, '');
  await assert.rejects(startEmbedded({ dataDir: path, sharedDir }), (error) => {
    assert.ok(error instanceof EmbeddedError);
    assert.equal(error.code, 'data_unwritable');
    assert.match(error.message, /chown -R/);
    return true;
  });
});

test('settings that PostgreSQL refuses end the start with its own words, and leave the folder free', async () => {
  const dataDir = bench.folder('broken', 'open');
  const db = await startEmbedded({ dataDir, sharedDir });
  await ask(db, "alter system set shared_preload_libraries = 'no_such_library'");
  await db.stop();
  await assert.rejects(startEmbedded({ dataDir, sharedDir }), { code: 'start_failed', message: /no_such_library/ });
  takeLock(dataDir)();
});

test('a lock is stale when its pid belongs to a process that started at another time', () => {
  const dataDir = bench.folder('stale', 'private');
  writeFileSync(join(dataDir, 'instance.pid'), `${process.pid} 1\n`);
  const release = takeLock(dataDir);
  assert.throws(() => takeLock(dataDir), { code: 'locked' });
  release();
  takeLock(dataDir)();
});

test('a stranger whose pid stands in a stale pid file is left alone', async () => {
  const cluster = bench.folder('stranger', 'private');
  const stranger = spawn('sleep', ['60'], { cwd: '/' });
  writeFileSync(join(cluster, 'postmaster.pid'), `${stranger.pid}\n${cluster}\n0\n5432\n/tmp/sp-x\n\n\nready\n`);
  assert.equal(await endOrphan(cluster, '/tmp/sp-x'), false);
  assert.notEqual(startMark(stranger.pid ?? 0), undefined);
  stranger.kill();
  await once(stranger, 'exit');
});

test('a zombie counts as dead', { skip: needsProc }, async () => {
  // The shell leaves its child unreaped by becoming a program that never waits; before that it would reap it, so the child waits.
  const late = '(until [ "$(cat /proc/$$/comm)" = sleep ]; do :; done) & echo $!; exec sleep 60';
  const shell = spawn('/bin/sh', ['-c', late], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [text] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(text.toString());
  while (!readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')) await new Promise(setImmediate);
  assert.doesNotThrow(() => process.kill(pid, 0));
  assert.equal(startMark(pid), undefined);
  shell.kill();
  await once(shell, 'exit');
});

test('root chooses postgres, else a uid that no account has, else says what to do', () => {
  const row = (name: string, uid: number) => ({ name, uid, gid: uid });
  assert.equal(rootsChoice([row('nobody', NOBODY), row('postgres', 101)]).uid, 101);
  const own = rootsChoice([row('nobody', NOBODY), row('taken', 60_600)]);
  assert.equal(own.initUid, NOBODY);
  assert.equal(own.uid, 60_601);
  assert.throws(() => rootsChoice([row('root', 0)]), { code: 'no_user', message: /useradd/ });
});

test('a cluster made as nobody belongs to a uid without a name, and its server runs as that uid', {
  skip: needsRoot,
}, async () => {
  const user = rootsChoice([{ name: 'nobody', uid: NOBODY, gid: NOBODY }]);
  const cluster = join(bench.folder('unnamed', 'open'), 'db');
  const socketDir = socketFolder(openInstance(bench.folder('unnamed', 'open')));
  const binaries = await installBinaries(join(sharedDir, 'pg'));
  makeSocketFolder(socketDir, user);
  initCluster({ binaries, cluster, user, superuser: 'postgres' });
  const plan = { binaries, cluster, user, socketDir, port: 5432, logFile: join(bench.root, 'unnamed.log') };
  const postmaster = await startPostmaster(plan);
  assert.equal(statSync(`/proc/${postmaster.pid}`).uid, user.uid);
  assert.equal(statSync(join(cluster, 'base')).uid, user.uid);
  assert.equal(await ask({ socketDir, port: 5432, superuser: 'postgres' }, 'select 1 as v'), 1);
  await postmaster.stop();
  rmSync(socketDir, { recursive: true });
});
