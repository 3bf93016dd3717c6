// Writes down a call that waits for people. The worker appends the event in the same transaction, under its epoch.
import type { ApprovalCard } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { type Row, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type ApprovalId, newId, type RunId } from '../ids.ts';
import { getPolicy } from './policy.ts';
import { termsFor } from './policy-terms.ts';

export interface HeldCall {
  readonly runId: RunId;
  readonly callId: string;
  readonly tool: string;
  readonly effect: string;
  /** Code of the first reason. */
  readonly rule: string;
  /** Lower-case hex. */
  readonly digest: string;
  readonly card: ApprovalCard;
  /** What the rules of the policy look at. */
  readonly args: Readonly<Record<string, unknown>>;
}

export interface Held {
  readonly id: ApprovalId;
  readonly seats: number;
  readonly expiresAt: Date;
  /** Calls of this run that were held so far, this one included (R20). */
  readonly count: number;
}

/** The caller holds the run's row lock with the present epoch. */
export async function holdCall(tx: TenantTx, call: HeldCall): Promise<Held> {
  const terms = termsFor(await getPolicy(tx), call);
  const id = newId<ApprovalId>();
  const content = await tx.content();
  const expiresAt = await tx.first(
    sql`insert into approvals (tenant_id, id, run_id, call_id, tool, effect, rule, digest, card, key_id, seats, starter_may, roles, barred, expires_at)
        values (${tx.value}, ${id}, ${call.runId}, ${call.callId}, ${call.tool}, ${call.effect}, ${call.rule}, ${Buffer.from(call.digest, 'hex')},
          ${content.sealJson('approvals.card', id, call.card)}, ${content.keyId}, ${terms.seats}, ${terms.starter_may_approve},
          ${[...terms.roles]}, ${[...terms.barred]}, clock_timestamp() + make_interval(secs => ${terms.expires_in}))
        returning expires_at`,
    (row: Row) => row.time('expires_at'),
  );
  const count = await tx.first(
    sql`select count(1) as n from approvals a where ${tx.mine('a')} and a.run_id = ${call.runId}`,
    (row: Row) => Number(row.bigint('n')),
  );
  if (expiresAt === undefined || count === undefined)
    throw fault('internal', { detail: 'the held call was not stored' });
  await recordAct(tx, {
    action: 'approval.requested',
    object: { kind: 'approval', id },
    detail: { run_id: call.runId, tool: call.tool, rule: call.rule, digest: call.digest, seats: terms.seats, count },
  });
  return { id, seats: terms.seats, expiresAt, count };
}
