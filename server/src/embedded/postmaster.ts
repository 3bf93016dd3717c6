// Starts, watches and ends the postmaster. Detached from the terminal's group, so that Ctrl-C drains us before the database;
// its stderr goes to a file, never to a pipe: with a stalled parent a full pipe freezes the database.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseUser } from './database-user.ts';
import { EmbeddedError } from './embedded-error.ts';

export interface Postmaster {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface PostmasterPlan {
  readonly binaries: string;
  readonly cluster: string;
  readonly user: DatabaseUser;
  readonly socketDir: string;
  readonly port: number;
}

const START_MS = 60_000;
const FAST_STOP_MS = 10_000;
const MOST_LOG_BYTES = 10 * 1024 * 1024;

/** Holds a pipe to this process. At its end, or at "done", it acts: SIGINT is a fast shutdown, SIGQUIT an immediate one. */
const WATCHER = `read word; [ "$word" = done ] && exit 0
kill -INT "$1" 2>/dev/null; n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 14 ]; do sleep 0.1; n=$((n+1)); done
kill -QUIT "$1" 2>/dev/null; exit 0`;

/** True for a process that runs; a zombie is dead, though its pid still answers. */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

function pidFile(cluster: string): { pid: number; ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === 'ready' };
  } catch {
    return undefined;
  }
}

/** Is this pid really the postmaster of this cluster? A pid alone may be anybody's. */
function servesCluster(pid: number, cluster: string): boolean {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === cluster;
  } catch {
    return false;
  }
}

/** Ends a postmaster whose parent died without it; the caller holds the lock of the data folder, so nobody lives by it. */
export async function endOrphan(cluster: string): Promise<void> {
  const found = pidFile(cluster);
  if (found === undefined) return;
  if (isAlive(found.pid) && servesCluster(found.pid, cluster)) {
    process.kill(found.pid, 'SIGINT');
    if (!(await gone(found.pid, FAST_STOP_MS)))
      throw new EmbeddedError('locked', `an old postmaster does not end; end it: kill -QUIT ${found.pid}`);
  } else {
    rmSync(join(cluster, 'postmaster.pid'), { force: true });
  }
}

async function gone(pid: number, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (isAlive(pid)) {
    if (performance.now() > until) return false;
    await delay(20);
  }
  return true;
}

function openLog(cluster: string): number {
  const path = join(cluster, 'server.log');
  const tooLarge = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MOST_LOG_BYTES;
  return openSync(path, tooLarge ? 'w' : 'a', 0o600);
}

export async function startPostmaster(plan: PostmasterPlan): Promise<Postmaster> {
  const { cluster, user } = plan;
  const log = openLog(cluster);
  const child = spawn(
    join(plan.binaries, 'bin', 'postgres'),
    ['-D', cluster, '-k', plan.socketDir, '-p', String(plan.port)],
    {
      ...(user.other ? { uid: user.uid, gid: user.gid } : {}),
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    },
  );
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new EmbeddedError('start_failed', `cannot run ${plan.binaries}/bin/postgres`);
  const watcher = spawn('/bin/sh', ['-c', WATCHER, 'sallyport-watcher', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  watcher.stdin?.on('error', () => undefined);
  child.unref();
  watcher.unref();
  await ready(child, cluster);
  return { pid, stop: () => stop(child, pid, watcher) };
}

async function ready(child: ChildProcess, cluster: string): Promise<void> {
  const until = performance.now() + START_MS;
  while (pidFile(cluster)?.ready !== true || pidFile(cluster)?.pid !== child.pid) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > until) {
      const path = join(cluster, 'server.log');
      const tail = existsSync(path) ? readFileSync(path, 'utf8').slice(-1_000) : '';
      throw new EmbeddedError('start_failed', `PostgreSQL did not start; its log ends with: ${tail}`);
    }
    await delay(25);
  }
}

async function stop(child: ChildProcess, pid: number, watcher: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  if (!(await gone(pid, FAST_STOP_MS))) {
    child.kill('SIGQUIT');
    await gone(pid, FAST_STOP_MS);
  }
  watcher.stdin?.end('done\n');
}
