// Uses an approval in the transaction that claims the effect: once, in time, for the very digest that is about to run, and only if those
// who approved it still may.
import { recordAct } from '../audit/audit.ts';
import { type Row, sql, type TenantTx } from '../db/db.ts';
import { type ApprovalId, asId, type RunId } from '../ids.ts';

export interface Spending {
  readonly runId: RunId;
  readonly callId: string;
  readonly digest: string;
  readonly effectKey: string;
}

/**
 * True when the approval was there and is spent now. The caller holds the run's row lock and claims the effect next: an effect that
 * was claimed before burns no fresh approval.
 */
export async function spendApproval(tx: TenantTx, { runId, callId, digest, effectKey }: Spending): Promise<boolean> {
  const spent = await tx.first(
    sql`update approvals a set state = 'used'
        where ${tx.mine('a')} and a.run_id = ${runId} and a.call_id = ${callId} and a.state = 'approved' and a.digest = ${Buffer.from(digest, 'hex')}
          and a.use_before > clock_timestamp()
          and not exists (select 1 from effects f where ${tx.mine('f')} and f.run_id = ${runId} and f.key = ${effectKey})
          and (select count(1) from approval_seats s
            join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
            join runs r on r.tenant_id = a.tenant_id and r.id = a.run_id
            where ${tx.mine('s')} and ${tx.mine('u')} and ${tx.mine('r')} and s.approval_id = a.id and s.verdict = 'approve'
              and u.state = 'active' and u.role = any(a.roles) and s.user_id <> all(a.barred) and (a.starter_may or s.user_id <> r.user_id)) >= a.seats
        returning a.id`,
    (row: Row) => asId<ApprovalId>(row.text('id')),
  );
  if (spent === undefined) return false;
  await recordAct(tx, {
    action: 'approval.used',
    object: { kind: 'approval', id: spent },
    detail: { run_id: runId, digest, effect_key: effectKey },
  });
  return true;
}

/** Why an approval that a journal speaks of could not be spent. */
export async function approvalStanding(tx: TenantTx, runId: RunId, callId: string): Promise<string | undefined> {
  return tx.first(
    sql`select case when a.state = 'approved' and a.use_before <= clock_timestamp() then 'expired' else a.state end as state
        from approvals a where ${tx.mine('a')} and a.run_id = ${runId} and a.call_id = ${callId}`,
    (row: Row) => row.text('state'),
  );
}

/** What waits, or was approved and not used, is void: its run is over, or the call is not what it was. */
export async function voidApprovals(tx: TenantTx, runId: RunId, callId?: string): Promise<void> {
  await tx.run(sql`update approvals a set state = 'void', decided_at = coalesce(a.decided_at, clock_timestamp())
    where ${tx.mine('a')} and a.run_id = ${runId} and a.state in ('pending', 'approved')
      and ${sql.all(callId !== undefined && sql`a.call_id = ${callId}`)}`);
}
