// The heartbeat: its own thread with its own connection, so that a busy main thread does not cost the lease.
// It renews only while the main thread moves; one that stands still for half a minute is ended, lest it wake up and act.
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createDatabase, type Row } from '../db/db.ts';
import { ACKNOWLEDGED, BEAT, type HeartbeatPlan, type LeaseMessage, monotonicMs } from './heartbeat.ts';

const RETRY_MS = 500;
const plan = workerData as HeartbeatPlan;
const { times } = plan;
const db = createDatabase({
  connect: plan.connect,
  prefix: plan.rolePrefix,
  max: 1,
  onFault: () => undefined,
});
const stop = new AbortController();
parentPort?.on('message', () => stop.abort());

const stalledMs = (): number => Number(monotonicMs() - Atomics.load(plan.shared, BEAT));

async function renew(): Promise<'renewed' | 'gone' | 'failed'> {
  const sent = monotonicMs();
  try {
    const [renewed] = await db.system('renew_worker', [plan.workerId, times.lease], (row: Row) => row.bool('renewed'));
    if (renewed !== true) return 'gone';
    Atomics.store(plan.shared, ACKNOWLEDGED, sent);
    return 'renewed';
  } catch {
    return 'failed';
  }
}

async function beat(): Promise<void> {
  while (!stop.signal.aborted) {
    const stalled = stalledMs();
    if (stalled > times.end) process.kill(process.pid, 'SIGKILL');
    const outcome = stalled > times.stall ? 'failed' : await renew();
    if (outcome === 'gone') {
      parentPort?.postMessage({ lost: 'lease_expired' } satisfies LeaseMessage);
      return;
    }
    const wait = outcome === 'renewed' ? times.renew : Math.min(RETRY_MS, times.renew);
    await delay(wait, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

await beat();
await db.close().catch(() => undefined);
parentPort?.close();
