// Takes a folder in, and away again. What was uploaded may do nothing yet: a person has to approve it.
import { recordAct } from '../audit/audit.ts';
import { lockTenant, type Row, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { newId, type SkillId } from '../ids.ts';
import type { UserPrincipal } from '../principal.ts';
import { packFolder, refuse, type SkillFile } from './folder/folder.ts';
import type { Skills } from './shipped.ts';
import { type SkillFacts, skillOf } from './skill.ts';
import { listStored, lockStored, MOST_SKILLS } from './stored.ts';

export interface Uploaded {
  readonly name: string;
  readonly version: string;
  /** False when these very bytes were there already. */
  readonly fresh: boolean;
}

const conflict = (path: string, message: string): Error => fault('conflict', { fields: [{ path, message }] });

/** Throws `invalid_skill`, and `conflict` for a name of the product, a version that is taken, and one too many. */
export async function uploadSkill(
  tx: TenantTx,
  by: UserPrincipal,
  shipped: Skills,
  sent: { readonly name: string; readonly files: readonly SkillFile[] },
): Promise<Uploaded> {
  const { name, version, digest, body: _, ...facts } = skillOf(sent.files, sent.name);
  if (shipped.find(name) !== undefined) throw conflict('SKILL.md', `${name} is a skill of the product`);
  if (version.split('.').some((part) => part.length > 9))
    refuse([{ path: 'SKILL.md', code: 'bad_version', message: 'a part of the version has more than nine digits' }]);
  await lockTenant(tx, 'skills');
  const all = await listStored(tx);
  const same = all.find((one) => one.name === name && one.version === version);
  if (same?.digest === digest) return { name, version, fresh: false };
  if (same !== undefined)
    throw conflict('SKILL.md', `version ${version} is there with other bytes; raise sallyport/version`);
  if (all.length >= MOST_SKILLS) throw conflict('', `the tenant has ${MOST_SKILLS} versions already`);
  const id = newId<SkillId>();
  const content = await tx.content();
  const { packed } = packFolder(sent.files);
  const bytes = sent.files.reduce((sum, file) => sum + file.bytes.length, 0);
  const kept: SkillFacts = facts;
  await tx.run(
    sql`insert into skills (tenant_id, id, name, version, digest, files, bytes, folder, facts, key_id, user_id)
        values (${tx.value}, ${id}, ${name}, ${version}, ${Buffer.from(digest, 'hex')}, ${sent.files.length}, ${bytes},
          ${content.seal('skills.folder', id, packed)}, ${content.sealJson('skills.facts', id, kept)}, ${content.keyId}, ${by.userId})`,
  );
  await recordAct(tx, {
    action: 'skill.uploaded',
    object: { kind: 'skill', id },
    detail: { name, version, digest, files: sent.files.length, bytes },
  });
  return { name, version, fresh: true };
}

/** Throws `not_found`, and `conflict` while runs that need its body are open. What has ended keeps the digest. */
export async function removeSkill(tx: TenantTx, name: string, version: string): Promise<void> {
  // Its row is locked first: who starts a run of it waits here, or is seen below.
  const { id, digest, state } = await lockStored(tx, name, version);
  const open = await tx.first(
    sql`select count(r.id)::int as n from runs r where ${tx.mine('r')} and r.status in ('queued', 'running', 'waiting')
        and r.skill_name = ${name} and r.skill_digest = ${Buffer.from(digest, 'hex')}`,
    (row: Row) => row.int('n'),
  );
  if ((open ?? 0) > 0) throw conflict('', `${open} open runs are of this version; cancel them or let them end`);
  await tx.run(sql`delete from skills s where ${tx.mine('s')} and s.id = ${id}`);
  await recordAct(tx, {
    action: 'skill.removed',
    object: { kind: 'skill', id },
    detail: { name, version, digest, state },
  });
}
