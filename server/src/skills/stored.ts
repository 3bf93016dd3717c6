// The skills that the tenant uploaded, as their rows have them.
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type SkillFile, unpackFolder } from './folder/folder.ts';
import { type Skill, type SkillFacts, skillOf } from './skill.ts';

export type SkillState = 'pending' | 'approved' | 'withdrawn';

/** A version without its folder and without what it asks for. */
export interface StoredSkill {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
  readonly state: SkillState;
  readonly uploadedBy: string;
  readonly uploadedAt: Date;
  readonly approvedBy: string | null;
  readonly approvedAt: Date | null;
  readonly withdrawnBy: string | null;
  readonly withdrawnAt: Date | null;
}

/** The present limit of what a tenant keeps. */
export const MOST_SKILLS = 200;
const columns = sql`s.id, s.name, s.version, s.digest, s.files, s.bytes, s.state, s.user_id, s.created_at, s.approved_by, s.approved_at, s.withdrawn_by, s.withdrawn_at`;

function readStored(row: Row): StoredSkill {
  return {
    id: row.text('id'),
    name: row.text('name'),
    version: row.text('version'),
    digest: Buffer.from(row.bytes('digest')).toString('hex'),
    files: row.int('files'),
    bytes: row.int('bytes'),
    state: row.text('state') as SkillState,
    uploadedBy: row.text('user_id'),
    uploadedAt: row.time('created_at'),
    approvedBy: row.textOrNull('approved_by'),
    approvedAt: row.timeOrNull('approved_at'),
    withdrawnBy: row.textOrNull('withdrawn_by'),
    withdrawnAt: row.timeOrNull('withdrawn_at'),
  };
}

/** Newest version first, as versions are ordered. */
function byVersion(one: StoredSkill, other: StoredSkill): number {
  const [a, b] = [one, other].map(({ version }) => version.split('.').map(Number));
  for (const part of [0, 1, 2]) {
    const difference = (b?.[part] ?? 0) - (a?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** All versions of one skill, or of every skill; by name, newest version first. */
export async function listStored(scope: TenantScope, name?: string): Promise<StoredSkill[]> {
  const rows = await scope.rows(
    sql`select ${columns}
        from skills s where ${scope.mine('s')} and ${sql.all(name !== undefined && sql`s.name = ${name}`)} order by s.name`,
    readStored,
  );
  return rows.sort((one, other) => (one.name === other.name ? byVersion(one, other) : one.name < other.name ? -1 : 1));
}

/** Throws `not_found`. */
export async function lockStored(tx: TenantTx, name: string, version: string): Promise<StoredSkill> {
  const found = await tx.first(
    sql`select ${columns}
        from skills s where ${tx.mine('s')} and s.name = ${name} and s.version = ${version} for update`,
    readStored,
  );
  if (found === undefined) throw fault('not_found');
  return found;
}

/** The version that a bare name means: the highest that is approved. */
export function currentOf(versions: readonly StoredSkill[]): StoredSkill | undefined {
  return versions.find(({ state }) => state === 'approved');
}

/** What versions ask for, by id. */
export async function loadFacts(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, SkillFacts>> {
  if (ids.length === 0) return new Map();
  const rows = await scope.rows(
    sql`select s.id, s.facts, s.key_id as sealed_by from skills s where ${scope.mine('s')} and s.id = any(${[...ids]}::uuid[])`,
    (row: Row) => [row.text('id'), row.contentJson<SkillFacts>('skills.facts', row.text('id'))] as const,
  );
  return new Map(rows);
}

/** A version with its folder, from bytes that are what their digest says. */
export interface OpenedSkill {
  readonly skill: Skill;
  readonly files: readonly SkillFile[];
}

const whole = sql`s.id, s.name, s.version, s.digest, s.folder, s.key_id as sealed_by`;

function readOpened(row: Row): OpenedSkill {
  const digest = Buffer.from(row.bytes('digest')).toString('hex');
  const files = unpackFolder(row.content('skills.folder', row.text('id')), digest);
  const skill = skillOf(files, row.text('name'));
  if (skill.version !== row.text('version'))
    throw fault('tampered', { detail: 'a stored skill stands under another version' });
  return { skill, files };
}

/** Undefined when there is no such row. */
export function openStored(scope: TenantScope, id: string): Promise<OpenedSkill | undefined> {
  return scope.first(sql`select ${whole} from skills s where ${scope.mine('s')} and s.id = ${id}`, readOpened);
}

/**
 * The body for a run: of these very bytes, and only if a person of the tenant has approved them at some time. One whose approval was
 * taken back since ends as it began; one that nobody ever approved is nobody's instruction (R37).
 */
export async function openApproved(
  scope: TenantScope,
  wanted: { readonly name: string; readonly version: string; readonly digest: string },
): Promise<Skill | undefined> {
  const opened = await scope.first(
    sql`select ${whole} from skills s where ${scope.mine('s')} and s.name = ${wanted.name} and s.version = ${wanted.version}
        and s.digest = ${Buffer.from(wanted.digest, 'hex')} and s.approved_at is not null`,
    readOpened,
  );
  return opened?.skill;
}
