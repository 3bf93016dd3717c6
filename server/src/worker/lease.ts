// A worker's claim to be alive: a row with a lease, renewed by a thread of its own, and an advisory lock that goes with the process.
// Only the database's clock judges a lease; here only differences of a monotonic clock are used, read before a renewal is sent.
import { hostname } from 'node:os';
import { Worker as Thread } from 'node:worker_threads';
import { type ConnectOptions, type Database, holdAdvisoryLock, type Row, settledOptions } from '../db/db.ts';
import { fault } from '../errors.ts';
import { newId, type WorkerId } from '../ids.ts';
import type { Log } from '../log.ts';
import {
  ACKNOWLEDGED,
  BEAT,
  type HeartbeatPlan,
  LEASE_TIMES,
  type LeaseMessage,
  type LeaseTimes,
  monotonicMs,
} from './heartbeat.ts';

const LOCK_CLASS = 21_009;
const MOST_BEAT_MS = 1_000;

export interface Lease {
  readonly id: WorkerId;
  /** Aborts when the runs of this worker may be another's. */
  readonly lost: AbortSignal;
  /** True while the last acknowledged renewal is younger than the local stop (10 s). */
  held(): boolean;
  /** Milliseconds since the last acknowledged renewal. */
  ageMs(): number;
  /** Gives everything back and lets go of the lock. */
  close(): Promise<void>;
}

export interface LeaseDeps {
  readonly db: Database;
  readonly direct: ConnectOptions;
  readonly rolePrefix: string;
  readonly log: Log;
}

export async function openLease(deps: LeaseDeps, times: LeaseTimes = LEASE_TIMES): Promise<Lease> {
  const id = newId<WorkerId>();
  const log = deps.log.with({ worker_id: id });
  const lost = new AbortController();
  let closing = false;
  const lose = (reason: string): void => {
    if (closing || lost.signal.aborted) return;
    log.warn('worker.lease_lost', { reason });
    lost.abort(new Error(reason));
  };
  const shared = new BigInt64Array(new SharedArrayBuffer(16));
  Atomics.store(shared, ACKNOWLEDGED, monotonicMs());
  const [number] = await deps.db.system('register_worker', [id, hostname().slice(0, 200), times.lease], (row: Row) =>
    row.int('number'),
  );
  if (number === undefined) throw fault('internal', { detail: 'the worker got no number' });
  const lock = await holdAdvisoryLock(deps.direct, { class: LOCK_CLASS, object: number }, () => lose('lock_lost'));
  const thread = startThread(
    { shared, workerId: id, connect: settledOptions(deps.direct), rolePrefix: deps.rolePrefix, times },
    lose,
    log,
  );
  const beat = setInterval(
    () => {
      Atomics.store(shared, BEAT, monotonicMs());
      if (!held()) lose('not_renewed');
    },
    Math.min(MOST_BEAT_MS, times.localStop / 4),
  );
  Atomics.store(shared, BEAT, monotonicMs());
  const ageMs = (): number => Number(monotonicMs() - Atomics.load(shared, ACKNOWLEDGED));
  const held = (): boolean => !lost.signal.aborted && ageMs() < times.localStop;
  return {
    id,
    lost: lost.signal,
    held,
    ageMs,
    close: async () => {
      closing = true;
      clearInterval(beat);
      const ended = new Promise((resolve) => thread.once('exit', resolve));
      thread.postMessage('stop');
      // A thread that waits for a dead network is not waited for.
      const timer = setTimeout(() => void thread.terminate(), 2_000);
      await ended;
      clearTimeout(timer);
      await deps.db
        .system('end_worker', [id], () => null)
        .catch((error: unknown) => log.error('worker.end', {}, error));
      await lock.release().catch(() => undefined);
    },
  };
}

function startThread(plan: HeartbeatPlan, lose: (reason: string) => void, log: Log): Thread {
  const thread = new Thread(new URL('./heartbeat-thread.ts', import.meta.url), {
    workerData: plan,
    env: {},
    stdout: true,
    stderr: true,
  });
  // Drained and dropped: nothing is printed beside the log.
  thread.stdout.resume();
  thread.stderr.resume();
  thread.on('message', (message: LeaseMessage) => lose(message.lost));
  thread.on('error', (error) => {
    log.error('worker.heartbeat', {}, error);
    lose('heartbeat_failed');
  });
  thread.on('exit', () => lose('heartbeat_ended'));
  return thread;
}
