// A run that waits for a person is held by no worker; the person's word queues it again.
import { sql, type TenantTx } from '../db/db.ts';
import { append, lockRun } from '../events/events.ts';
import type { RunId } from '../ids.ts';

export type WaitReason = 'approval' | 'effect_unknown';

/**
 * Lets go of the run until a person has spoken. False when its log has grown beyond `lastSeq`: then somebody spoke in between, and a
 * run that slept now would not be woken.
 */
export async function waitRun(
  tx: TenantTx,
  id: RunId,
  epoch: bigint,
  seen: { readonly lastSeq: number; readonly reason: WaitReason },
): Promise<boolean> {
  const appender = { kind: 'worker', epoch } as const;
  const head = await lockRun(tx, id, appender);
  if (head.lastSeq !== seen.lastSeq) return false;
  const actor = { kind: 'system', id: 'runtime' } as const;
  await append(tx, head, appender, [{ type: 'run.waiting', actor, data: { reason: seen.reason } }]);
  await tx.run(sql`update runs r set status = 'waiting', worker = null
    where ${tx.mine('r')} and r.id = ${id} and r.epoch = ${epoch} and r.status = 'running'`);
  return true;
}

/** Queues a run that waits; one that is at work sees the event itself. True when it waited. */
export async function wakeRun(tx: TenantTx, id: RunId): Promise<boolean> {
  const woken = await tx.run(
    sql`update runs r set status = 'queued' where ${tx.mine('r')} and r.id = ${id} and r.status = 'waiting'`,
  );
  return woken === 1;
}
