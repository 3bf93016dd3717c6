// What tenant and deployment allow at this moment, and what of a skill's request is left under it.
import type { Budget } from '@sallyport/contracts';
import type { TenantScope } from '../db/db.ts';
import { type Listed, parseLists, readPolicy } from '../egress/egress.ts';
import { budgetCaps, microCents } from '../limits/limits.ts';
import { type Asks, STATED } from '../skills/skills.ts';
import { loadTools } from '../tools/tools.ts';
import { type HostVerdict, narrowHosts } from './narrow-hosts.ts';

export interface Bounds {
  /** Tools that there are: of the release, and those that the tenant has. */
  readonly tools: ReadonlySet<string>;
  readonly lists: readonly { readonly whose: string; readonly lists: Listed }[];
  /** The smallest of the tenant's budgets; no run may be given more than any of them holds in its whole period. */
  readonly caps: { readonly cost: string | undefined; readonly tokens: number | undefined };
}

/** What is left of a request. */
export interface Allowed {
  readonly tools: readonly { readonly tool: string; readonly granted: boolean }[];
  readonly egress: readonly HostVerdict[];
  /** True when the skill asks for the hosts that a person states. */
  readonly stated: boolean;
  readonly budget: Budget;
}

/** Reads what bounds this skill. */
export async function loadBounds(scope: TenantScope, deployment: Listed, asks: Asks): Promise<Bounds> {
  const asked = asks.tools.map((tool) => ({ tool }));
  const known = await loadTools(scope, { tools: asked, hosts: [], urls: [], artifacts: [], entityTypes: [] });
  return {
    tools: new Set(known.map(({ name }) => name)),
    lists: [
      { whose: 'the deployment', lists: deployment },
      { whose: 'the tenant', lists: parseLists(await readPolicy(scope)) },
    ],
    caps: await budgetCaps(scope),
  };
}

/** Pure. Whatever it answers is no wider than what was asked, nor than what the bounds allow. */
export function boundAsks(asks: Asks, { tools, lists, caps }: Bounds): Allowed {
  const fixed = asks.egress.filter((host) => host !== STATED);
  return {
    tools: asks.tools.map((tool) => ({ tool, granted: tools.has(tool) })),
    egress: narrowHosts(fixed, lists),
    stated: fixed.length < asks.egress.length,
    budget: smallerBudget(asks.budget, caps),
  };
}

/** Each limit is the smaller of the two; money is compared as a decimal. */
export function smallerBudget(
  most: Budget,
  other: { readonly [Limit in keyof Budget]?: Budget[Limit] | undefined },
): Budget {
  const { cost } = other;
  return {
    tokens: Math.min(most.tokens, other.tokens ?? most.tokens),
    cost: cost !== undefined && microCents(cost) < microCents(most.cost) ? cost : most.cost,
    seconds: Math.min(most.seconds, other.seconds ?? most.seconds),
    calls: Math.min(most.calls, other.calls ?? most.calls),
  };
}
