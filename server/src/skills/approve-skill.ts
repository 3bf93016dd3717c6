// A person's word on the bytes of a skill (R37). What widens it takes more right than what does not; and it can be taken back.
import { getPolicy } from '../approvals/approvals.ts';
import { recordAct } from '../audit/audit.ts';
import { lockTenant, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { UserPrincipal } from '../principal.ts';
import { currentOf, listStored, loadFacts, lockStored } from './stored.ts';
import { compareAsks } from './widening.ts';

/** The right to let a skill do more than its approved version may. */
export const WIDEN = 'skills:widen';

/**
 * Says yes to the bytes of this digest. Throws `not_found`, `digest_changed`, `already_decided`, `uploader_may_not` where the tenant asks
 * for two people, and `widens` where the caller may not widen.
 */
export async function approveSkill(
  tx: TenantTx,
  by: UserPrincipal,
  name: string,
  version: string,
  digest: string,
): Promise<void> {
  // What it is compared with may not change between the look and the word.
  await lockTenant(tx, 'skills');
  const stored = await lockStored(tx, name, version);
  if (stored.digest !== digest) throw fault('digest_changed');
  if (stored.state === 'approved')
    throw fault('already_decided', { fields: [{ path: '/state', message: 'approved' }] });
  if (stored.uploadedBy === by.userId && !(await getPolicy(tx)).starter_may_approve) throw fault('uploader_may_not');
  const current = currentOf(await listStored(tx, name));
  const facts = await loadFacts(tx, [stored.id, ...(current === undefined ? [] : [current.id])]);
  const asks = facts.get(stored.id);
  if (asks === undefined) throw fault('not_found');
  const { widens } = compareAsks(current && facts.get(current.id), asks);
  if (widens.length > 0 && !by.scopes.includes(WIDEN))
    throw fault('widens', {
      fields: widens.slice(0, 20).map(({ kind, value }) => ({ path: `/${kind}`, message: value, code: 'widens' })),
    });
  await tx.run(
    sql`update skills s set state = 'approved', approved_by = ${by.userId}, approved_at = clock_timestamp(), withdrawn_by = null, withdrawn_at = null
        where ${tx.mine('s')} and s.id = ${stored.id}`,
  );
  await recordAct(tx, {
    action: 'skill.approved',
    object: { kind: 'skill', id: stored.id },
    detail: { name, version, digest, against: current?.version ?? null, widens: widens.length },
  });
}

/** No run of it begins any more; those that began end as they are. Throws `not_found`, and `already_decided` where it is not approved. */
export async function withdrawApproval(tx: TenantTx, by: UserPrincipal, name: string, version: string): Promise<void> {
  await lockTenant(tx, 'skills');
  const { id, state, digest } = await lockStored(tx, name, version);
  if (state !== 'approved') throw fault('already_decided', { fields: [{ path: '/state', message: state }] });
  await tx.run(
    sql`update skills s set state = 'withdrawn', withdrawn_by = ${by.userId}, withdrawn_at = clock_timestamp()
        where ${tx.mine('s')} and s.id = ${id}`,
  );
  await recordAct(tx, {
    action: 'skill.withdrawn',
    object: { kind: 'skill', id },
    detail: { name, version, digest },
  });
}
