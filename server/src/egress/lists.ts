// Pure: what a pair of lists says of a place. Deny wins; under `internal` nothing passes that is not on the allow list.
import { findHostRule, type HostRule, parseHostRule } from '@sallyport/egress';

export type EgressProfile = 'open' | 'internal';

/** As they are written: `api.example.com`, `*.example.com:8443`. */
export interface EgressLists {
  readonly profile: EgressProfile;
  readonly allow: readonly string[];
  readonly deny: readonly string[];
}

interface NamedRule extends HostRule {
  readonly text: string;
}

export interface Listed {
  readonly profile: EgressProfile;
  readonly allow: readonly NamedRule[];
  readonly deny: readonly NamedRule[];
}

const named = (text: string): NamedRule => ({ ...parseHostRule(text), text });

/** Throws TypeError for a text that is no rule. */
export function parseLists(lists: EgressLists): Listed {
  return { profile: lists.profile, allow: lists.allow.map(named), deny: lists.deny.map(named) };
}

/** The rule that refuses, in words; undefined when the place passes. `whose` begins the sentence: the deployment or the tenant. */
export function permits(whose: string, lists: Listed, host: string, port: number): string | undefined {
  const denied = findHostRule(lists.deny, host, port);
  if (denied !== undefined) return `${whose} denies ${denied.text}`;
  if (lists.profile === 'open' || findHostRule(lists.allow, host, port) !== undefined) return undefined;
  return `${whose} allows only its list`;
}
