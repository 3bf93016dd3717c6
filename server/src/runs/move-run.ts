// Moves a run between its states. Cancel and finish may race: the row lock lets one through, the other learns the present state.
import type { NewEvent, Run, RunStatus } from '@sallyport/contracts';
import { voidApprovals } from '../approvals/approvals.ts';
import { recordAct } from '../audit/audit.ts';
import { absent, sql, type TenantTx } from '../db/db.ts';
import { append, lockRun, type RunHead } from '../events/events.ts';
import type { RunId, WorkerId } from '../ids.ts';
import { settleLostSteps } from './record-usage.ts';

const OPEN: ReadonlySet<string> = new Set(['queued', 'running', 'waiting']);

export type CancelResult = { readonly cancelled: true } | { readonly cancelled: false; readonly status: RunStatus };

/** Cancels an open run and raises the epoch, so that its worker's next write is refused. */
export async function cancelRun(tx: TenantTx, id: RunId, by: string, reason?: string): Promise<CancelResult> {
  const control = { kind: 'control' } as const;
  const head = await lockRun(tx, id, control);
  if (!OPEN.has(head.status)) return { cancelled: false, status: head.status as RunStatus };
  // A call that is at work is paid for, and nobody takes this run up again.
  await settleLostSteps(tx, id);
  await voidApprovals(tx, id);
  const data = reason === undefined ? { by } : { by, reason };
  const moved = await append(tx, head, control, [{ type: 'run.cancelled', actor: { kind: 'user', id: by }, data }]);
  await tx.run(sql`update runs r set status = 'cancelled', epoch = r.epoch + 1, worker = null, ended_at = clock_timestamp()
    where ${tx.mine('r')} and r.id = ${id} and r.status in ('queued', 'running', 'waiting')`);
  await recordEnd(tx, moved, 'run.cancelled', 'cancelled');
  return { cancelled: true };
}

/** Writes `run.started` on the first claim and `run.resumed` on every later one. */
export async function startRun(tx: TenantTx, id: RunId, worker: WorkerId, epoch: bigint): Promise<RunHead> {
  const appender = { kind: 'worker', epoch } as const;
  const head = await lockRun(tx, id, appender);
  const actor = { kind: 'system', id: `worker:${worker}` } as const;
  const event: NewEvent =
    head.lastSeq === 0
      ? { type: 'run.started', actor, data: { worker } }
      : { type: 'run.resumed', actor, data: { worker, epoch: Number(epoch) } };
  const moved = await append(tx, head, appender, [event], { progress: false });
  await tx.run(
    sql`update runs r set started_at = coalesce(r.started_at, clock_timestamp()) where ${tx.mine('r')} and r.id = ${id}`,
  );
  return moved;
}

export type Finish =
  | { readonly status: 'succeeded'; readonly outcome: string; readonly artifactIds: readonly string[] }
  | { readonly status: 'failed'; readonly code: string; readonly message: string; readonly retryable: boolean };

/** Ends a run under its worker's epoch. Throws `stale_epoch` when a cancel or another worker came first. */
export async function finishRun(
  tx: TenantTx,
  id: RunId,
  epoch: bigint,
  finish: Finish,
  before: readonly NewEvent[] = [],
): Promise<RunHead> {
  const appender = { kind: 'worker', epoch } as const;
  const head = await lockRun(tx, id, appender);
  const actor = { kind: 'system', id: 'runtime' } as const;
  const last: NewEvent =
    finish.status === 'succeeded'
      ? { type: 'run.succeeded', actor, data: { outcome: finish.outcome, artifact_ids: [...finish.artifactIds] } }
      : {
          type: 'run.failed',
          actor,
          data: { error: { code: finish.code, message: finish.message, retryable: finish.retryable } },
        };
  const lost = await settleLostSteps(tx, id);
  await voidApprovals(tx, id);
  const moved = await append(tx, head, appender, [...lost, ...before, last]);
  const result: Run['result'] =
    finish.status === 'succeeded' ? { outcome: finish.outcome, artifact_ids: [...finish.artifactIds] } : null;
  const content = await tx.content();
  const sealed = result === null ? absent('runs.result') : content.sealJson('runs.result', id, result);
  await tx.run(sql`update runs r set status = ${finish.status}, worker = null, ended_at = clock_timestamp(),
      error_code = ${finish.status === 'failed' ? finish.code : null}, result = ${sealed}, result_key_id = ${content.keyId}
    where ${tx.mine('r')} and r.id = ${id} and r.epoch = ${epoch} and r.status = 'running'`);
  await recordEnd(tx, moved, 'run.ended', finish.status);
  return moved;
}

/** The head of the run's chain enters the tenant's: who holds the one can check the other. */
async function recordEnd(
  tx: TenantTx,
  head: RunHead,
  action: 'run.ended' | 'run.cancelled',
  status: string,
): Promise<void> {
  await recordAct(tx, {
    action,
    object: { kind: 'run', id: head.runId },
    detail: { status, last_seq: head.lastSeq, head: Buffer.from(head.head ?? []).toString('hex') },
  });
}
