// From what a person asked to what a run may do: the skill asks, the tenant allows, the person states; the grant is where all of it meets.
import { checkValue } from '@sallyport/compat';
import type { CreateRun } from '@sallyport/contracts';
import { normalizeUrl, statedUrls } from '@sallyport/flow';
import { artifactLabels } from '../artifacts/artifacts.ts';
import type { TenantScope, TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type Allowed, boundAsks, loadBounds, smallerBudget } from '../grants/grants.ts';
import type { NewRun, RunGrant } from '../runs/runs.ts';
import { findForRun, readsPrivate, type Skill } from '../skills/skills.ts';
import type { HttpDeps } from './deps.ts';

/**
 * Throws `invalid_skill`, `skill_not_approved`, `unknown_model`, `invalid_input` or `unknown_reference`; writes nothing, and keeps the
 * version of the skill from being removed until the transaction ends.
 */
export async function planRun(
  tx: TenantTx,
  deps: Pick<HttpDeps, 'skills' | 'models'> & { readonly egress: Pick<HttpDeps['egress'], 'deployment'> },
  asked: CreateRun,
): Promise<NewRun> {
  const model = asked.model ?? deps.models.fallback;
  if (!deps.models.names.includes(model))
    throw fault('unknown_model', { fields: [{ path: '/model', message: 'is not configured' }] });
  const skill = await findForRun(tx, deps.skills, asked.skill);
  demandInput(skill, asked.input ?? {});
  await demandArtifacts(tx, skill, asked.input?.artifacts ?? []);
  const allowed = boundAsks(skill, await loadBounds(tx, deps.egress.deployment, skill));
  const { name, version, digest } = skill;
  return {
    skill: { name, version, digest },
    model,
    task: asked.task,
    input: asked.input ?? {},
    grant: grantOf(skill, allowed, asked),
    budget: smallerBudget(allowed.budget, asked.budget ?? {}),
  };
}

/** The input as the skill's own schema wants it. */
function demandInput({ inputSchema }: Skill, input: NonNullable<CreateRun['input']>): void {
  if (inputSchema === undefined) return;
  const verdict = checkValue(inputSchema, input);
  if (verdict.is === 'valid') return;
  const { path, detail } = verdict.is === 'invalid' ? verdict.fault : { path: '', detail: verdict.why };
  throw fault('invalid_input', { fields: [{ path: `/input${path}`, message: detail.slice(0, 300) }] });
}

function grantOf(skill: Skill, allowed: Allowed, asked: CreateRun): RunGrant {
  return {
    tools: allowed.tools.filter(({ granted }) => granted).map(({ tool }) => ({ tool })),
    hosts: [...new Set(allowed.egress.flatMap(({ hosts }) => hosts))],
    urls: allowed.stated ? [...new Set([...inputUrls(asked), ...statedUrls([asked.task])])] : [],
    artifacts: [...new Set(asked.input?.artifacts ?? [])],
    entityTypes: skill.entityTypes,
  };
}

function inputUrls(asked: CreateRun): string[] {
  return (asked.input?.urls ?? []).map((text, at) => {
    const url = normalizeUrl(text);
    const refuse = (message: string) => fault('invalid_input', { fields: [{ path: `/input/urls/${at}`, message }] });
    if (url === undefined) throw refuse('is not an http or https URL');
    const { username, password } = new URL(url);
    if (username !== '' || password !== '') throw refuse('holds a credential');
    return url;
  });
}

/** An artifact of another tenant and one that never was are the same: unknown. A private one is no input of a skill that reads public data alone. */
async function demandArtifacts(scope: TenantScope, skill: Skill, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const known = await artifactLabels(scope, ids);
  const fields = ids.flatMap((id, at) =>
    known.has(id) ? [] : [{ path: `/input/artifacts/${at}`, message: 'does not exist' }],
  );
  if (fields.length > 0) throw fault('unknown_reference', { fields });
  if (readsPrivate(skill)) return;
  const closed = ids.flatMap((id, at) =>
    known.get(id) === 'public'
      ? []
      : [{ path: `/input/artifacts/${at}`, message: 'is private, and the skill reads public data alone' }],
  );
  if (closed.length > 0) throw fault('invalid_input', { fields: closed });
}
