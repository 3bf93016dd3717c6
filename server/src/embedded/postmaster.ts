// Starts and ends the postmaster. Detached from the terminal's group, so that Ctrl-C drains us before the database;
// its stderr goes to a file, never to a pipe: with a stalled parent a full pipe freezes the database.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseUser } from './database-user.ts';
import { EmbeddedError } from './embedded-error.ts';
import { readPidFile } from './orphan.ts';
import { watchOver } from './watcher.ts';

export interface Postmaster {
  readonly pid: number;
  /** Settles when it ended, by our hand or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface PostmasterPlan {
  readonly binaries: string;
  readonly cluster: string;
  readonly user: DatabaseUser;
  readonly socketDir: string;
  readonly port: number;
  /** Outside the cluster: root must not open a file in a folder that another user owns. */
  readonly logFile: string;
}

/** Recovery after a crash may take minutes; to give up early would begin it anew for ever. */
const START_MS = 300_000;
const RETRY_MS = 10_000;
const STOP_MS = 10_000;
const MOST_LOG_BYTES = 10 * 1024 * 1024;
const LOG_CHECK_MS = 30_000;

/** Starts it and waits until it answers. A lock that an ending predecessor still holds is tried again for 10 s. */
export async function startPostmaster(plan: PostmasterPlan): Promise<Postmaster> {
  const until = performance.now() + RETRY_MS;
  for (;;) {
    const tail = await tryStart(plan);
    if (typeof tail !== 'string') return tail;
    const held = /lock file "[^"]*" already exists|pre-existing shared memory block/.test(tail);
    if (held && performance.now() < until) {
      await delay(250);
      continue;
    }
    if (!held) throw new EmbeddedError('start_failed', `PostgreSQL did not start; its log ends with: ${tail}`);
    const pid = readPidFile(plan.cluster)?.pid;
    throw new EmbeddedError('locked', `process ${pid} holds ${plan.cluster}; look at it first: ps -p ${pid}`);
  }
}

/** The postmaster, or the last lines of its log when it ended. */
async function tryStart(plan: PostmasterPlan): Promise<Postmaster | string> {
  const log = openLog(plan.logFile);
  const before = statSync(plan.logFile).size;
  const child = spawnServer(plan, log);
  closeSync(log);
  const ended = new Promise<void>((settle) => {
    child.once('exit', () => settle());
    child.once('error', () => settle());
  });
  const { pid } = child;
  if (pid === undefined) {
    await ended;
    throw new EmbeddedError('start_failed', `cannot run ${plan.binaries}/bin/postgres as uid ${plan.user.uid}`);
  }
  const watcher = watchOver(pid);
  const trim = setInterval(() => trimLog(plan.logFile), LOG_CHECK_MS).unref();
  // At once, not only when we stop it: the pid may be a stranger's when the watcher acts.
  void ended.then(() => {
    watcher.done();
    clearInterval(trim);
  });
  child.unref();
  if (await ready(child, plan.cluster)) return { pid, ended, stop: () => stop(child, ended) };
  await stop(child, ended);
  return readFileSync(plan.logFile).subarray(before).toString('utf8').slice(-1_000);
}

function spawnServer(plan: PostmasterPlan, log: number): ChildProcess {
  const { user } = plan;
  return spawn(
    join(plan.binaries, 'bin', 'postgres'),
    // On the command line, above any file: no network, whatever the cluster's settings say; and no detail of an error in its log,
    // which would hold the values of a row.
    [
      ...['-D', plan.cluster, '-k', plan.socketDir, '-p', String(plan.port)],
      ...['-c', 'listen_addresses=', '-c', 'log_error_verbosity=terse'],
    ],
    {
      ...(user.other ? { uid: user.uid, gid: user.gid } : {}),
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    },
  );
}

function openLog(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MOST_LOG_BYTES) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

/** The server appends, so its next line lands at the new end. */
function trimLog(path: string): void {
  try {
    if (statSync(path).size > MOST_LOG_BYTES) truncateSync(path);
  } catch {
    // Somebody moved it away; the server writes on.
  }
}

async function ready(child: ChildProcess, cluster: string): Promise<boolean> {
  const until = performance.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > until) return false;
    const file = readPidFile(cluster);
    if (file?.ready === true && file.pid === child.pid) return true;
    await delay(25);
  }
}

/** A fast shutdown, then an immediate one, then the end. */
async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    const clock = new AbortController();
    await Promise.race([ended, delay(STOP_MS, undefined, { signal: clock.signal }).catch(() => undefined)]);
    clock.abort();
  }
}
