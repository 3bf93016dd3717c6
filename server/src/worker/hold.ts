// Holds one claimed run from its claim to its end, and says what becomes of it when its driving breaks off.
import { setTimeout as delay } from 'node:timers/promises';
import { type AgentDeps, type DriveEnd, driveRun } from '../agent/agent.ts';
import { sqlState } from '../db/db.ts';
import { Fault } from '../errors.ts';
import type { RunId, TenantId } from '../ids.ts';
import type { WorkerMetrics } from '../metrics/metrics.ts';
import { mintPrincipal, type RunPrincipal } from '../principal.ts';
import { findRun, finishRun } from '../runs/runs.ts';
import { traceIdOf } from '../traces/traces.ts';
import type { Lease } from './lease.ts';

export interface HoldDeps {
  readonly agent: AgentDeps;
  readonly lease: Lease;
  /** The worker is to end: give the run back at the next boundary. */
  readonly closing: AbortSignal;
  /** The time for that is over. */
  readonly drained: AbortSignal;
  readonly metrics?: WorkerMetrics | undefined;
}

export interface Claimed {
  readonly tenantId: TenantId;
  readonly runId: RunId;
  readonly epoch: bigint;
  readonly stalls: number;
}

/** A hint may be lost: the run's state is looked at this often besides. */
const LOOK_MS = 5_000;
const AGAIN_MS = 1_000;
/** Connection classes, resources, serialization and deadlock: worth another try on the same or another worker. */
const PASSING = /^(08|53|57|58|40)/;

/** Never throws: a run that could not be driven is released, failed, or somebody else's. */
export async function holdRun(deps: HoldDeps, claimed: Claimed): Promise<void> {
  const { agent, lease } = deps;
  const { tenantId, runId, epoch, stalls } = claimed;
  const principal = mintPrincipal({ kind: 'run', tenantId, runId, epoch });
  const traceId = traceIdOf(runId);
  const ids = { tenant_id: tenantId, run_id: runId, worker_id: lease.id, epoch: String(epoch), trace_id: traceId };
  const log = agent.log.with(ids);
  log.info('run.claimed', { count: stalls });
  const taken = new AbortController();
  const watching = new AbortController();
  void watchStop(agent, principal, taken, watching.signal);
  const signal = AbortSignal.any([lease.lost, deps.drained, taken.signal]);
  try {
    const hold = { signal, mayStart: () => lease.held() && !signal.aborted, draining: () => deps.closing.aborted };
    const drive = (): Promise<DriveEnd> => driveRun(agent, { principal, workerId: lease.id, stalls }, hold);
    const attributes = { 'sallyport.tenant_id': tenantId, 'sallyport.run_id': runId } as const;
    const span = { name: 'run', kind: 'internal', traceId, attributes } as const;
    const end = await agent.log.within(ids, () => agent.traces?.span(span, drive) ?? drive());
    log.info(`run.${end}`);
    await countEnd(deps, principal, end);
  } catch (error) {
    if (taken.signal.aborted || isStale(error)) {
      log.info('run.superseded');
      deps.metrics?.left('superseded');
    } else if (signal.aborted || isPassing(error)) {
      log.warn('run.released', { code: codeOf(error), reason: signal.aborted ? 'ending' : 'passing' });
      deps.metrics?.left('released');
      // Against a database that is short of something, at once again would be worse.
      if (!signal.aborted) await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
      await release(agent, lease, principal);
    } else {
      log.error('run.broke', {}, error);
      deps.metrics?.left('broke');
      await fail(agent, principal).catch((also: unknown) => log.error('run.not_failed', {}, also));
    }
  } finally {
    watching.abort();
  }
}

/** A closed list of words: the statuses of a run, and the ways in which it is given away. */
async function countEnd({ agent, metrics }: HoldDeps, principal: RunPrincipal, end: string): Promise<void> {
  if (metrics === undefined) return;
  if (end !== 'ended') return metrics.left(end);
  const run = await findRun(agent.db.tenant(principal), principal.runId).catch(() => undefined);
  metrics.left(run?.status ?? 'ended');
}

async function watchStop(
  agent: AgentDeps,
  principal: RunPrincipal,
  taken: AbortController,
  over: AbortSignal,
): Promise<void> {
  const waiter = agent.signals.watchStop(principal.runId);
  try {
    while (!over.aborted) {
      waiter.arm();
      const run = await findRun(agent.db.tenant(principal), principal.runId).catch(() => undefined);
      if (run !== undefined && run.status !== 'running') {
        taken.abort(new Error('the run was taken from its worker'));
        return;
      }
      await waiter.wait(LOOK_MS, over);
    }
  } finally {
    waiter.close();
  }
}

function isStale(error: unknown): boolean {
  return error instanceof Fault && (error.code === 'stale_epoch' || error.code === 'tenant_closed');
}

function isPassing(error: unknown): boolean {
  if (error instanceof Fault && error.code === 'unavailable') return true;
  const state = sqlState(error);
  return state !== undefined && PASSING.test(state);
}

function codeOf(error: unknown): string {
  return error instanceof Fault ? error.code : (sqlState(error) ?? 'aborted');
}

/** Queued again at once. When the database is away, the end of the lease does it. */
async function release(agent: AgentDeps, lease: Lease, principal: RunPrincipal): Promise<void> {
  await agent.db
    .system('release_run', [lease.id, principal.runId, principal.epoch.toString()], () => null)
    .then(() => agent.signals.ready())
    .catch(() => undefined);
}

async function fail(agent: AgentDeps, principal: RunPrincipal): Promise<void> {
  await agent.db.atomic(principal, (tx) =>
    finishRun(tx, principal.runId, principal.epoch, {
      status: 'failed',
      code: 'internal',
      message: 'Something went wrong on our side.',
      retryable: true,
    }),
  );
  agent.signals.touched(principal.runId);
}
