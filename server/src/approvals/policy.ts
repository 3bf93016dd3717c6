// The tenant's rule about who decides. It binds a call from the moment it is held: changing it opens nothing that waits already.
import type { ApprovalPolicy } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';

/** One person may be the whole tenant, so that who started a run may decide unless the tenant says otherwise. */
const USUAL: ApprovalPolicy = { starter_may_approve: true, seats: 1, expires_in: 86_400 };

export async function getPolicy(scope: TenantScope): Promise<ApprovalPolicy> {
  const own = await scope.first(
    sql`select p.starter_may, p.seats, p.expires_seconds from approval_policies p where ${scope.mine('p')}`,
    (row: Row): ApprovalPolicy => ({
      starter_may_approve: row.bool('starter_may'),
      seats: row.int('seats'),
      expires_in: row.int('expires_seconds'),
    }),
  );
  return own ?? USUAL;
}

export async function putPolicy(tx: TenantTx, policy: ApprovalPolicy): Promise<ApprovalPolicy> {
  const { starter_may_approve: starterMay, seats, expires_in: seconds } = policy;
  await tx.run(sql`insert into approval_policies (tenant_id, starter_may, seats, expires_seconds)
    values (${tx.value}, ${starterMay}, ${seats}, ${seconds}) on conflict do nothing`);
  await tx.run(sql`update approval_policies p set starter_may = ${starterMay}, seats = ${seats}, expires_seconds = ${seconds}
    where ${tx.mine('p')}`);
  await recordAct(tx, { action: 'approval.policy_changed', detail: { ...policy } });
  return policy;
}
