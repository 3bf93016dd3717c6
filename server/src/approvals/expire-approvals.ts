// Silence denies: a call that nobody decided in time is refused, and its run goes on without it.
import { recordAct } from '../audit/audit.ts';
import { type Database, type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { append, lockRun } from '../events/events.ts';
import { type ApprovalId, asId, type RunId, type TenantId } from '../ids.ts';

const BATCH = 50;
const OPEN: ReadonlySet<string> = new Set(['queued', 'running', 'waiting']);

/** Tenants with held calls whose time is over, longest over first. */
export async function tenantsWithDueApprovals(db: Database, most: number): Promise<TenantId[]> {
  return db.system('approvals_due', [most], (row: Row) => asId<TenantId>(row.text('tenant_id')));
}

/** Those of one tenant; at most one batch. Each is a transaction of its own, which wakes its run. */
export async function expireApprovals(
  scope: TenantScope,
  atomic: (work: (tx: TenantTx) => Promise<void>) => Promise<void>,
  wake: (tx: TenantTx, runId: RunId) => Promise<void>,
): Promise<void> {
  const due = await scope.rows(
    sql`select a.id, a.run_id from approvals a where ${scope.mine('a')} and a.state = 'pending' and a.expires_at <= clock_timestamp()
        order by a.expires_at limit ${BATCH}`,
    (row: Row) => ({ id: asId<ApprovalId>(row.text('id')), runId: asId<RunId>(row.text('run_id')) }),
  );
  for (const { id, runId } of due)
    await atomic(async (tx) => {
      if (await expireOne(tx, id, runId)) await wake(tx, runId);
    });
}

async function expireOne(tx: TenantTx, id: ApprovalId, runId: RunId): Promise<boolean> {
  const control = { kind: 'control' } as const;
  const head = await lockRun(tx, runId, control);
  const over = await tx.first(
    sql`update approvals a set state = 'expired', decided_at = clock_timestamp()
        where ${tx.mine('a')} and a.id = ${id} and a.state = 'pending' and a.expires_at <= clock_timestamp()
        returning a.call_id, a.tool, a.requested_at`,
    (row: Row) => ({ callId: row.text('call_id'), tool: row.text('tool'), heldAt: row.time('requested_at') }),
  );
  if (over === undefined) return false;
  await recordAct(tx, {
    action: 'approval.expired',
    object: { kind: 'approval', id },
    detail: { run_id: runId, tool: over.tool },
  });
  if (!OPEN.has(head.status)) return false;
  const data = { call_id: over.callId, tool: over.tool, approval_id: id, held_at: over.heldAt.toISOString() };
  await append(tx, head, control, [{ type: 'tool.call.expired', actor: { kind: 'system', id: 'approvals' }, data }]);
  return true;
}
