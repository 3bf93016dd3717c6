// Pure: what one version of a skill asks for beyond another. Lists are sets, and a host is covered by a pattern that was there (contracts.md 8).
import type { SkillChange } from '@sallyport/contracts';
import type { Asks } from './skill.ts';

const LISTS = [
  ['tools', (asks: Asks) => asks.tools],
  ['egress', (asks: Asks) => asks.egress],
  ['entity_types', (asks: Asks) => asks.entityTypes],
  // Who names no class reads what is public.
  ['data_classes', (asks: Asks) => (asks.dataClasses.length === 0 ? ['public'] : asks.dataClasses)],
] as const;
const LIMITS = ['tokens', 'cost', 'seconds', 'calls'] as const;

function covers(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  return wide.startsWith('*.') && narrow.replace(/^\*\./, '').endsWith(wide.slice(1));
}

/** Decimal strings of one scale; no float comes near them. */
function isMore(one: string, other: string): boolean {
  const scaled = (text: string): bigint => {
    const [whole = '0', part = ''] = text.split('.');
    return BigInt(whole + part.padEnd(10, '0').slice(0, 10));
  };
  return scaled(one) > scaled(other);
}

/** What `to` asks for and `from` does not; everything, where there is no `from`. */
function beyond(from: Asks | undefined, to: Asks): SkillChange[] {
  const lists = LISTS.flatMap(([kind, list]) =>
    list(to)
      .filter((value) => !(from !== undefined && list(from).some((known) => covers(known, value))))
      .map((value) => ({ kind, value })),
  );
  const limits = LIMITS.filter(
    (limit) => from === undefined || isMore(String(to.budget[limit]), String(from.budget[limit])),
  );
  return [...lists, ...limits.map((limit) => ({ kind: 'budget', value: `${limit}=${to.budget[limit]}` }))];
}

export function compareAsks(
  from: Asks | undefined,
  to: Asks,
): { readonly widens: readonly SkillChange[]; readonly narrows: readonly SkillChange[] } {
  return { widens: beyond(from, to), narrows: from === undefined ? [] : beyond(to, from) };
}
