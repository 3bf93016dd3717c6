// Skills as the API shows them.
import { createHash } from 'node:crypto';
import type { Skill as SkillAnswer, SkillSummary, SkillVersion, SkillVersionSummary } from '@sallyport/contracts';
import type { TenantScope } from '../../db/db.ts';
import type { Listed } from '../../egress/egress.ts';
import { fault } from '../../errors.ts';
import { type Allowed, boundAsks, loadBounds } from '../../grants/grants.ts';
import {
  compareAsks,
  currentOf,
  listStored,
  loadFacts,
  type OpenedSkill,
  openStored,
  type ShippedSkill,
  type SkillFacts,
  type Skills,
  type StoredSkill,
  WIDEN,
} from '../../skills/skills.ts';

const APPROVE = 'skills:approve';

const asksOf = ({ tools, egress, entityTypes, dataClasses, budget }: SkillFacts) => ({
  ...{ tools, egress, entity_types: entityTypes, data_classes: dataClasses, budget },
});

const time = (at: Date | null): string | null => at?.toISOString() ?? null;

function summaryOfShipped(skill: ShippedSkill): SkillVersionSummary {
  const { name, version, description, digest, files } = skill;
  const nobody = { uploaded_by: null, uploaded_at: null, approved_by: null, approved_at: null };
  return {
    ...{ name, version, description, digest, origin: 'product', state: 'approved' },
    ...{ files: files.length, bytes: files.reduce((sum, file) => sum + file.bytes.length, 0) },
    ...{ ...nobody, withdrawn_by: null, withdrawn_at: null },
  };
}

function summaryOf(one: StoredSkill, facts: SkillFacts | undefined): SkillVersionSummary {
  const { name, version, digest, state, files, bytes } = one;
  return {
    ...{ name, version, description: facts?.description ?? '', digest, origin: 'tenant', state, files, bytes },
    ...{ uploaded_by: one.uploadedBy, uploaded_at: one.uploadedAt.toISOString() },
    ...{ approved_by: one.approvedBy, approved_at: time(one.approvedAt) },
    ...{ withdrawn_by: one.withdrawnBy, withdrawn_at: time(one.withdrawnAt) },
  };
}

/** One line a name: what a run by that name gets; where nothing is approved, the newest version. Sorted by name. */
export async function listSkills(scope: TenantScope, shipped: Skills): Promise<SkillSummary[]> {
  const stored = await listStored(scope);
  const names = [...new Set(stored.map(({ name }) => name))];
  const shown = names.flatMap((name) => {
    const versions = stored.filter((one) => one.name === name);
    return currentOf(versions) ?? versions.slice(0, 1);
  });
  const facts = await loadFacts(
    scope,
    shown.map(({ id }) => id),
  );
  const own = shown.flatMap(({ id, name, version, digest, state }): SkillSummary[] => {
    const fact = facts.get(id);
    if (fact === undefined) return [];
    const { description, inputSchema = null } = fact;
    return [
      { name, version, description, digest, ...asksOf(fact), origin: 'tenant', state, input_schema: inputSchema },
    ];
  });
  const ours = shipped.list().filter(({ name }) => !names.includes(name));
  const rest = ours.map((skill): SkillSummary => {
    const { name, version, description, digest, inputSchema = null } = skill;
    const standing = { origin: 'product', state: 'approved', input_schema: inputSchema };
    return { name, version, description, digest, ...asksOf(skill), ...standing };
  });
  return [...own, ...rest].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Throws `not_found`. */
export async function showSkill(scope: TenantScope, shipped: Skills, name: string): Promise<SkillAnswer> {
  const stored = await listStored(scope, name);
  if (stored.length === 0) {
    const skill = shipped.find(name);
    if (skill === undefined || skill.name !== name) throw fault('not_found');
    return { name, origin: 'product', current: skill.version, versions: [summaryOfShipped(skill)] };
  }
  const facts = await loadFacts(
    scope,
    stored.map(({ id }) => id),
  );
  const versions = stored.map((one) => summaryOf(one, facts.get(one.id)));
  return { name, origin: 'tenant', current: currentOf(stored)?.version ?? null, versions };
}

interface Opened extends OpenedSkill {
  readonly summary: SkillVersionSummary;
  /** Opens the version that is approved now; undefined where none is. One that is approved itself is measured against itself. */
  against(): Promise<OpenedSkill | undefined>;
}

/** Throws `not_found`. */
async function open(scope: TenantScope, shipped: Skills, name: string, version: string): Promise<Opened> {
  const stored = await listStored(scope, name);
  const one = stored.find((each) => each.version === version);
  if (one === undefined) {
    const skill = stored.length === 0 ? shipped.find(`${name}@${version}`) : undefined;
    if (skill === undefined || skill.name !== name) throw fault('not_found');
    const opened = { skill, files: skill.files };
    return { ...opened, summary: summaryOfShipped(skill), against: async () => opened };
  }
  const opened = await openStored(scope, one.id);
  if (opened === undefined) throw fault('not_found');
  const current = currentOf(stored);
  const against = async (): Promise<OpenedSkill | undefined> => {
    if (current === undefined) return undefined;
    return current.id === one.id ? opened : openStored(scope, current.id);
  };
  return { ...opened, summary: summaryOf(one, opened.skill), against };
}

function changesOf({ skill, files }: OpenedSkill, against: OpenedSkill | undefined): SkillVersion['changes'] {
  const { widens, narrows } = compareAsks(against?.skill, skill);
  const before = new Map(against?.files.map(({ path, bytes }) => [path, Buffer.from(bytes)]));
  const now = new Set(files.map(({ path }) => path));
  const changed = files.flatMap(({ path, bytes }) => {
    const known = before.get(path);
    if (known === undefined) return [{ path, change: 'added' }];
    return known.equals(bytes) ? [] : [{ path, change: 'changed' }];
  });
  const removed = [...before.keys()].filter((path) => !now.has(path)).map((path) => ({ path, change: 'removed' }));
  return {
    against: against?.skill.version ?? null,
    ...{ widens: [...widens], narrows: [...narrows], files: [...changed, ...removed] },
    needs: widens.length > 0 ? WIDEN : APPROVE,
  };
}

function grantOf({ tools, egress, stated, budget }: Allowed): SkillVersion['grant'] {
  return {
    tools: tools.map(({ tool, granted }) => ({ tool, granted, reason: granted ? null : 'there is no such tool' })),
    egress: [
      ...(stated ? [{ host: '@input', granted: true, reason: null }] : []),
      ...egress.flatMap(({ asked, hosts, reason }) =>
        hosts.length === 0
          ? [{ host: asked, granted: false, reason }]
          : hosts.map((host) => ({ host, granted: true, reason })),
      ),
    ],
    budget,
  };
}

/** Throws `not_found`. */
export async function showVersion(
  scope: TenantScope,
  deps: { readonly skills: Skills; readonly egress: { readonly deployment: Listed } },
  name: string,
  version: string,
): Promise<SkillVersion> {
  const opened = await open(scope, deps.skills, name, version);
  const { skill, files, summary } = opened;
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const sorted = [...files].sort((one, other) => (one.path < other.path ? -1 : 1));
  return {
    ...summary,
    license: skill.license,
    ...asksOf(skill),
    input_schema: skill.inputSchema ?? null,
    folder: sorted.map(({ path, bytes }) => ({ path, bytes: bytes.length, sha256: digest(bytes) })),
    grant: grantOf(boundAsks(skill, await loadBounds(scope, deps.egress.deployment, skill))),
    changes: changesOf(opened, await opened.against()),
  };
}

const TEXTUAL = /\.(md|txt|json|ya?ml|csv|tsv|toml|ini|py|js|ts|sh)$/i;

/** One file of a version. Throws `not_found`. */
export async function openFile(
  scope: TenantScope,
  shipped: Skills,
  { name, version }: { readonly name: string; readonly version: string },
  path: string,
): Promise<{ readonly name: string; readonly media_type: string; readonly content: Uint8Array }> {
  const { files } = await open(scope, shipped, name, version);
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw fault('not_found');
  const media = TEXTUAL.test(path) ? 'text/plain' : 'application/octet-stream';
  return { name: path.split('/').at(-1) ?? path, media_type: media, content: file.bytes };
}
