// Which skill a run means. A skill of the tenant counts once a person approved it, one of the product by its release.
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { Skills } from './shipped.ts';
import type { Skill } from './skill.ts';
import { currentOf, listStored, openApproved, openStored } from './stored.ts';

/**
 * The skill of a new run, by `name` or `name@version`. Throws `invalid_skill` for one that is not there, and `skill_not_approved`.
 * The row stays locked until the transaction ends, so that no version goes while a run of it is made.
 */
export async function findForRun(tx: TenantTx, shipped: Skills, reference: string): Promise<Skill> {
  const [name = '', version] = reference.split('@');
  const own = await listStored(tx, name);
  const named = version === undefined ? own : own.filter((one) => one.version === version);
  if (named.length === 0) {
    const skill = shipped.find(reference);
    if (skill === undefined) throw fault('invalid_skill', { fields: [{ path: '/skill', message: 'is not known' }] });
    return skill;
  }
  const chosen = currentOf(named);
  if (chosen === undefined) throw notApproved();
  const stands = await tx.first(
    sql`select s.id from skills s where ${tx.mine('s')} and s.id = ${chosen.id} and s.state = 'approved' for share`,
    (row: Row) => row.text('id'),
  );
  const opened = stands === undefined ? undefined : await openStored(tx, stands);
  if (opened === undefined) throw notApproved();
  return opened.skill;
}

function notApproved(): Error {
  return fault('skill_not_approved', { fields: [{ path: '/skill', message: 'nobody has approved it' }] });
}

/** The skill that a run was started with; undefined when these bytes are not there any more. */
export async function findByDigest(
  scope: TenantScope,
  shipped: Skills,
  wanted: { readonly name: string; readonly version: string; readonly digest: string },
): Promise<Skill | undefined> {
  const skill = shipped.find(`${wanted.name}@${wanted.version}`);
  return skill?.digest === wanted.digest ? skill : openApproved(scope, wanted);
}
