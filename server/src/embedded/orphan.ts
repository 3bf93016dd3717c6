// A postmaster whose parent and watcher both died lives on. Its next owner ends it and starts anew, under its own watcher.
import { readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EmbeddedError } from './embedded-error.ts';
import { processesOf } from './process-table.ts';

export interface PidFile {
  readonly pid: number;
  readonly cluster: string;
  readonly socketDir: string;
  readonly ready: boolean;
}

const PATIENCE_MS = 5_000;

export function readPidFile(cluster: string): PidFile | undefined {
  try {
    const lines = readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
    return {
      pid: Number(lines[0]),
      cluster: lines[1] ?? '',
      socketDir: lines[4] ?? '',
      ready: lines[7]?.trim() === 'ready',
    };
  } catch {
    return undefined;
  }
}

/**
 * Ends what is left of an earlier start; true when there was something. The caller holds the lock of the data folder.
 * Only what is ours: the pid file, the process's own folder and the socket's folder must agree.
 */
export async function endOrphan(cluster: string, socketDir: string): Promise<boolean> {
  const found = readPidFile(cluster);
  const alive = processesOf(cluster);
  if (found !== undefined && alive.includes(found.pid)) {
    if (found.cluster !== cluster || basename(found.socketDir) !== basename(socketDir))
      throw new EmbeddedError(
        'locked',
        `another PostgreSQL (pid ${found.pid}) serves ${cluster}; stop it first: kill -INT ${found.pid}`,
      );
    process.kill(found.pid, 'SIGINT');
  }
  // Backends may outlive a killed postmaster for a while, and hold its shared memory: they are waited for too.
  for (const signal of ['SIGQUIT', 'SIGKILL'] as const) {
    if (await empty(cluster)) break;
    for (const pid of processesOf(cluster)) killQuietly(pid, signal);
  }
  if (!(await empty(cluster))) {
    const pids = processesOf(cluster).join(' ');
    throw new EmbeddedError('locked', `an old PostgreSQL does not end; end it: kill -KILL ${pids}`);
  }
  // Its pid may be a zombie's or a stranger's by now: PostgreSQL would wait for it for ever.
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
  return alive.length > 0;
}

async function empty(cluster: string): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS;
  while (processesOf(cluster).length > 0) {
    if (performance.now() > until) return false;
    await delay(25);
  }
  return true;
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}
