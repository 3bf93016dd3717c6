// What a policy asks for one call, and whether one policy is laxer than another. Pure: no clock, no database.
import { APPROVER_ROLES, type ApprovalPolicy, type ApprovalRule, type ApprovalRuleScope } from '@sallyport/contracts';
import type { UserPrincipal } from '../principal.ts';

export type Terms = Omit<ApprovalPolicy, 'rules'>;

/** One person may be the whole tenant, so that who started a run may decide unless the tenant says otherwise. */
export const USUAL: ApprovalPolicy = {
  starter_may_approve: true,
  seats: 1,
  expires_in: 86_400,
  roles: APPROVER_ROLES,
  barred: [],
  rules: [],
};

export interface CallInQuestion {
  readonly tool: string;
  readonly effect: string;
  readonly args: Readonly<Record<string, unknown>>;
}

const PLAIN = /^(\d{1,20})(?:\.(\d{1,20}))?$/;

/** In units of 10^-20; undefined for what is no plain decimal. */
function decimal(value: unknown): bigint | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  const [, whole, part = ''] = (typeof text === 'string' ? PLAIN.exec(text) : null) ?? [];
  return whole === undefined ? undefined : BigInt(whole + part.padEnd(20, '0'));
}

function names(pattern: string, tool: string): boolean {
  return pattern.endsWith('.*') ? tool.startsWith(pattern.slice(0, -1)) : pattern === tool;
}

export function fits({ effects, tools, amount }: ApprovalRuleScope, call: CallInQuestion): boolean {
  if (effects !== undefined && !effects.some((effect) => effect === call.effect)) return false;
  if (tools !== undefined && !tools.some((pattern) => names(pattern, call.tool))) return false;
  if (amount === undefined) return true;
  const asked = Object.hasOwn(call.args, amount.argument) ? decimal(call.args[amount.argument]) : undefined;
  const least = decimal(amount.at_least);
  // An amount that nobody can read is not a small one.
  return asked === undefined || least === undefined || asked >= least;
}

/** Why a person may not approve a call under its terms; undefined when they may. */
export function refusalOf(
  terms: {
    readonly starterMay: boolean;
    readonly startedBy: string;
    readonly roles: readonly string[];
    readonly barred: readonly string[];
  },
  { userId, role }: Pick<UserPrincipal, 'userId' | 'role'>,
): 'starter_may_not' | 'approver_may_not' | undefined {
  if (!terms.starterMay && terms.startedBy === userId) return 'starter_may_not';
  return terms.roles.includes(role) && !terms.barred.includes(userId) ? undefined : 'approver_may_not';
}

/** The stricter of the two, point by point. */
function join(terms: Terms, rule: Partial<Terms>): Terms {
  const { roles = terms.roles, barred = [] } = rule;
  return {
    starter_may_approve: terms.starter_may_approve && rule.starter_may_approve !== false,
    seats: Math.max(terms.seats, rule.seats ?? 1),
    expires_in: Math.min(terms.expires_in, rule.expires_in ?? terms.expires_in),
    roles: terms.roles.filter((role) => roles.includes(role)),
    barred: [...new Set([...terms.barred, ...barred])],
  };
}

function rulesFor({ rules }: ApprovalPolicy, call: CallInQuestion): readonly ApprovalRule[] {
  return rules.filter(({ when }) => fits(when, call));
}

/** What it takes to approve this call. */
export function termsFor(policy: ApprovalPolicy, call: CallInQuestion): Terms {
  return rulesFor(policy, call).reduce<Terms>(join, policy);
}

/** The first rule by which people are asked although nothing else holds the call. */
export function askedBy(policy: ApprovalPolicy, call: CallInQuestion): ApprovalRule | undefined {
  return rulesFor(policy, call).find(({ ask }) => ask);
}

function asStrict(a: Terms, b: Terms): boolean {
  return (
    (b.starter_may_approve || !a.starter_may_approve) &&
    a.seats >= b.seats &&
    a.expires_in <= b.expires_in &&
    a.roles.every((role) => b.roles.includes(role)) &&
    b.barred.every((user) => a.barred.includes(user))
  );
}

/** Whether every call that fits `b` fits `a`, as far as it can be seen; a doubt is a no. */
function holdsAll(a: ApprovalRuleScope, b: ApprovalRuleScope): boolean {
  const effects = a.effects === undefined || (b.effects?.every((one) => a.effects?.includes(one)) ?? false);
  const covers = (pattern: string): boolean =>
    a.tools?.some((own) => own === pattern || (own.endsWith('.*') && pattern.startsWith(own.slice(0, -1)))) ?? true;
  const tools = a.tools === undefined || (b.tools?.every(covers) ?? false);
  if (!effects || !tools || a.amount === undefined) return effects && tools;
  const [own, other] = [decimal(a.amount.at_least), decimal(b.amount?.at_least)];
  return own !== undefined && other !== undefined && own <= other && a.amount.argument === b.amount?.argument;
}

/**
 * Whether anything is easier to approve, or asked about less, under `after` than under `before`. Each rule must be found again in one that
 * is at least as wide and as strict: where that cannot be seen, it counts as laxer.
 */
export function isLaxer(after: ApprovalPolicy, before: ApprovalPolicy): boolean {
  if (!asStrict(after, before)) return true;
  const kept = (old: ApprovalRule): boolean => {
    const wanted = join(before, old);
    if (!old.ask && asStrict(after, wanted)) return true;
    return after.rules.some(
      (rule) => holdsAll(rule.when, old.when) && (rule.ask || !old.ask) && asStrict(join(after, rule), wanted),
    );
  };
  return !before.rules.every(kept);
}
