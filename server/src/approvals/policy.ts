// The tenant's rule about who decides. It binds a call from the moment it is held: changing it opens nothing that waits already.
import { createHash } from 'node:crypto';
import { canonicalize } from '@sallyport/chain';
import type { ApprovalPolicy, ApproverRole, PutApprovalPolicy } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { UserPrincipal } from '../principal.ts';
import { isLaxer, USUAL } from './policy-terms.ts';

const columns = sql`p.starter_may, p.seats, p.expires_seconds, p.roles, p.barred::text[] as barred, p.rules`;

function readPolicy(row: Row): ApprovalPolicy {
  return {
    starter_may_approve: row.bool('starter_may'),
    seats: row.int('seats'),
    expires_in: row.int('expires_seconds'),
    roles: row.textArray('roles') as ApproverRole[],
    barred: row.textArray('barred'),
    rules: JSON.parse(row.text('rules')) as ApprovalPolicy['rules'],
  };
}

export async function getPolicy(scope: TenantScope): Promise<ApprovalPolicy> {
  const own = await scope.first(sql`select ${columns} from approval_policies p where ${scope.mine('p')}`, readPolicy);
  return own ?? USUAL;
}

/** Throws `owner_only` when it would be laxer than what stands and an owner does not ask, and `unknown_reference`. */
export async function putPolicy(
  tx: TenantTx,
  by: Pick<UserPrincipal, 'role'>,
  wanted: PutApprovalPolicy,
): Promise<ApprovalPolicy> {
  await tx.run(sql`insert into approval_policies (tenant_id, starter_may, seats, expires_seconds)
    values (${tx.value}, ${USUAL.starter_may_approve}, ${USUAL.seats}, ${USUAL.expires_in}) on conflict do nothing`);
  // Its row is locked first: of two changes at once, each is measured against what the other made.
  const before = await tx.first(
    sql`select ${columns} from approval_policies p where ${tx.mine('p')} for update`,
    readPolicy,
  );
  if (before === undefined) throw fault('internal', { detail: 'the policy of approvals was not stored' });
  const after: ApprovalPolicy = { ...before, ...wanted };
  await demandPeople(tx, after);
  const laxer = isLaxer(after, before);
  if (laxer && by.role !== 'owner') throw fault('owner_only');
  await tx.run(sql`update approval_policies p set starter_may = ${after.starter_may_approve}, seats = ${after.seats},
      expires_seconds = ${after.expires_in}, roles = ${[...after.roles]}, barred = ${[...after.barred]}, rules = ${JSON.stringify(after.rules)}
    where ${tx.mine('p')}`);
  const { starter_may_approve, seats, expires_in, roles, barred, rules } = after;
  const digest = createHash('sha256').update(canonicalize(after)).digest('hex');
  const counts = { roles: roles.join(' '), barred: barred.length, rules: rules.length };
  await recordAct(tx, {
    action: 'approval.policy_changed',
    detail: { starter_may_approve, seats, expires_in, ...counts, digest, laxer },
  });
  return after;
}

/** A rule about nobody protects from nobody. */
async function demandPeople(tx: TenantTx, { barred, rules }: ApprovalPolicy): Promise<void> {
  const named = [
    ...barred.map((id, at) => ({ id, path: `/barred/${at}` })),
    ...rules.flatMap((rule, nth) => (rule.barred ?? []).map((id, at) => ({ id, path: `/rules/${nth}/barred/${at}` }))),
  ];
  if (named.length === 0) return;
  const ids = [...new Set(named.map(({ id }) => id))];
  const known = new Set(
    await tx.rows(sql`select u.id from users u where ${tx.mine('u')} and u.id = any(${ids}::uuid[])`, (row: Row) =>
      row.text('id'),
    ),
  );
  const fields = named.filter(({ id }) => !known.has(id)).map(({ path }) => ({ path, message: 'names nobody' }));
  if (fields.length > 0) throw fault('unknown_reference', { fields });
}
