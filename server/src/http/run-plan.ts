// From what a person asked to what a run may do: the skill asks, the person states, the grant is where both meet.
import type { Budget, CreateRun } from '@sallyport/contracts';
import { normalizeUrl, statedUrls } from '@sallyport/flow';
import { knownArtifacts } from '../artifacts/artifacts.ts';
import type { TenantScope } from '../db/db.ts';
import { fault } from '../errors.ts';
import { microCents } from '../limits/limits.ts';
import type { NewRun, RunGrant } from '../runs/runs.ts';
import type { Skill } from '../skills/skills.ts';
import type { HttpDeps } from './deps.ts';

/** The skill's word for "what the person stated". */
const STATED = '@input';

/** Throws `invalid_skill`, `unknown_model` or `invalid_input`; touches nothing. */
export function planRun(deps: Pick<HttpDeps, 'skills' | 'models'>, asked: CreateRun): NewRun {
  const skill = deps.skills.find(asked.skill);
  if (skill === undefined) throw fault('invalid_skill', { fields: [{ path: '/skill', message: 'is not known' }] });
  const model = asked.model ?? deps.models.fallback;
  if (!deps.models.names.includes(model))
    throw fault('unknown_model', { fields: [{ path: '/model', message: 'is not configured' }] });
  const { name, version, digest } = skill;
  return {
    skill: { name, version, digest },
    model,
    task: asked.task,
    input: asked.input ?? {},
    grant: grantOf(skill, asked),
    budget: smallerBudget(skill.budget, asked.budget ?? {}),
  };
}

function grantOf(skill: Skill, asked: CreateRun): RunGrant {
  return {
    tools: skill.tools.map((tool) => ({ tool })),
    hosts: skill.egress.filter((host) => host !== STATED),
    urls: skill.egress.includes(STATED) ? [...new Set([...inputUrls(asked), ...statedUrls([asked.task])])] : [],
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

/** Each limit is the smaller of the two; money is compared as a decimal. */
function smallerBudget(most: Budget, asked: Partial<Budget>): Budget {
  const cost = asked.cost !== undefined && microCents(asked.cost) < microCents(most.cost) ? asked.cost : most.cost;
  return {
    tokens: Math.min(most.tokens, asked.tokens ?? most.tokens),
    cost,
    seconds: Math.min(most.seconds, asked.seconds ?? most.seconds),
    calls: Math.min(most.calls, asked.calls ?? most.calls),
  };
}

/** An artifact of another tenant and one that never was are the same: unknown. */
export async function demandArtifacts(scope: TenantScope, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const known = await knownArtifacts(scope, ids);
  const fields = ids.flatMap((id, at) =>
    known.has(id) ? [] : [{ path: `/input/artifacts/${at}`, message: 'does not exist' }],
  );
  if (fields.length > 0) throw fault('unknown_reference', { fields });
}
