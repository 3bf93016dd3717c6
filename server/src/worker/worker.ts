// Owns the claiming and driving of runs: lease, fair claim, as many runs at a time as it has places for, and a graceful end.
// Promises that a killed worker's runs go on elsewhere within a second or two, and that a superseded one writes nothing and begins nothing.
// Must never take a tenant from anything but the row it claimed.
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentDeps } from '../agent/agent.ts';
import type { ConnectOptions, Row } from '../db/db.ts';
import { asId, type RunId, type TenantId } from '../ids.ts';
import type { WorkerMetrics } from '../metrics/metrics.ts';
import { holdRun } from './hold.ts';
import { type Chore, expiryChore, sealingChore, startHousekeeping } from './housekeeping.ts';
import { type Lease, openLease } from './lease.ts';

export type { Chore } from './housekeeping.ts';
export { keeperOf } from './housekeeping.ts';

export interface WorkerDeps {
  readonly agent: AgentDeps;
  /** Login of the worker on a direct connection: for the lock and the heartbeat. */
  readonly direct: ConnectOptions;
  readonly rolePrefix: string;
  readonly concurrency: number;
  /** How long an end waits for steps that are at work. */
  readonly drainMs: number;
  readonly metrics?: WorkerMetrics | undefined;
  /** Done beside the sealing of the audit log. */
  readonly chores?: readonly Chore[];
}

export interface WorkerHandle {
  /** True while the worker has a lease. */
  alive(): boolean;
  /** Milliseconds since the lease was last acknowledged; undefined without one. */
  leaseAgeMs(): number | undefined;
  /** Claims nothing more, lets steps at work come to their end, gives the rest back. */
  close(): Promise<void>;
}

/** How often it looks by itself: the death of another worker is told by nobody. */
const LOOK_MS = 500;
const AGAIN_MS = 1_000;

export function startWorker(deps: WorkerDeps): WorkerHandle {
  const closing = new AbortController();
  const chores = [sealingChore(deps.agent.db), expiryChore(deps.agent.db, deps.agent.signals), ...(deps.chores ?? [])];
  const housekeeping = startHousekeeping({ chores, direct: deps.direct, log: deps.agent.log });
  let lease: Lease | undefined;
  const work = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        lease = await openLease({ ...deps, db: deps.agent.db, log: deps.agent.log });
        await serve(deps, lease, closing.signal);
      } catch (error) {
        deps.agent.log.error('worker.failed', {}, error);
        await delay(AGAIN_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      } finally {
        await lease?.close();
        lease = undefined;
      }
    }
  };
  const ended = work();
  return {
    alive: () => lease?.held() === true,
    leaseAgeMs: () => lease?.ageMs(),
    close: async () => {
      closing.abort();
      await ended;
      // Last: what the end of the runs recorded is sealed by then, or by the next node.
      await housekeeping.close();
    },
  };
}

interface ClaimedRun {
  readonly tenantId: TenantId;
  readonly runId: RunId;
  readonly epoch: bigint;
  readonly stalls: number;
}

/** Claims and drives until the lease is lost or the worker closes; answers when no run is at work any more. */
async function serve(deps: WorkerDeps, lease: Lease, closing: AbortSignal): Promise<void> {
  const { agent } = deps;
  const runs = new Set<Promise<void>>();
  const over = AbortSignal.any([lease.lost, closing]);
  const drained = drainSignal(closing, deps.drainMs);
  const waiter = agent.signals.watchWork();
  const ending = aborted(over);
  try {
    while (!over.aborted) {
      waiter.arm();
      const room = deps.concurrency - runs.size;
      const claims = room > 0 ? await claim(deps, lease, room) : [];
      for (const claimed of claims) {
        const run = holdRun({ agent, lease, closing, drained: drained.signal, metrics: deps.metrics }, claimed).finally(
          () => runs.delete(run),
        );
        runs.add(run);
      }
      if (claims.length > 0 && claims.length === room) await Promise.race([...runs, waiter.wait(LOOK_MS, over)]);
      else await (runs.size < deps.concurrency ? waiter.wait(LOOK_MS, over) : Promise.race([...runs, ending]));
    }
  } finally {
    waiter.close();
    await Promise.all(runs);
    drained.clear();
  }
}

async function claim(deps: WorkerDeps, lease: Lease, most: number): Promise<ClaimedRun[]> {
  const began = performance.now();
  try {
    const claimed = await deps.agent.db.system('claim_runs', [lease.id, most], (row: Row) => ({
      tenantId: asId<TenantId>(row.text('tenant_id')),
      runId: asId<RunId>(row.text('run_id')),
      epoch: row.bigint('epoch'),
      stalls: row.int('stalls'),
    }));
    deps.metrics?.claimed((performance.now() - began) / 1_000, claimed.length);
    return claimed;
  } catch (error) {
    // The database may be away for a while; the lease says when that is too long.
    deps.agent.log.error('worker.claim_failed', { worker_id: lease.id }, error);
    return [];
  }
}

/** Aborts when the time for steps at work is over. */
function drainSignal(closing: AbortSignal, drainMs: number): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(() => controller.abort(new Error('the drain is over')), drainMs);
  };
  if (closing.aborted) begin();
  else closing.addEventListener('abort', begin, { once: true });
  return {
    signal: controller.signal,
    clear: () => {
      closing.removeEventListener('abort', begin);
      clearTimeout(timer);
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
