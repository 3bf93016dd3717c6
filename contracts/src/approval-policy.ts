// Who decides what in a tenant. The strictest of the policy and of every rule that fits a call counts, so that a rule can only add.
import { type Static, Type } from 'typebox';
import { type Answered, closed, Money, Uuid, Word } from './shapes.ts';

const words = <const W extends readonly string[]>(all: W) =>
  Type.Unsafe<W[number]>(Type.Union(all.map((word) => Type.Literal(word))));

/** Roles that may be let approve; the others never are. */
export const APPROVER_ROLES = ['owner', 'admin', 'approver'] as const;
export type ApproverRole = (typeof APPROVER_ROLES)[number];
export const ApproverRole = Type.Unsafe<ApproverRole>(Type.Union(APPROVER_ROLES.map((role) => Type.Literal(role))));

const Seats = Type.Integer({ minimum: 1, maximum: 2 });
/** Seconds that a held call waits; then it is denied. */
const Expiry = Type.Integer({ minimum: 60, maximum: 604_800 });
const Roles = Type.Array(ApproverRole, { minItems: 1, maxItems: APPROVER_ROLES.length, uniqueItems: true });
/** People who may not approve, whatever their role; they may deny. */
const Barred = Type.Array(Uuid, { maxItems: 100, uniqueItems: true });

/** The calls that a rule is for: those that fit everything it says. */
export const ApprovalRuleScope = closed({
  effects: Type.Optional(
    Type.Array(words(['read', 'egress', 'write', 'send', 'pay', 'destroy', 'credential']), {
      minItems: 1,
      maxItems: 7,
      uniqueItems: true,
    }),
  ),
  /** Names of tools; `service.*` is every tool of a service. */
  tools: Type.Optional(
    Type.Array(Type.String({ pattern: '^[a-z0-9_-]{1,60}(\\.[a-z0-9_-]{1,60}){0,2}(\\.\\*)?$' }), {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
    }),
  ),
  /** Calls whose argument of this name is at least so much. One that is missing, or is no plain decimal, counts as more. */
  amount: Type.Optional(
    closed({ argument: Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_-]{0,59}$' }), at_least: Money }),
  ),
});
export type ApprovalRuleScope = Answered<typeof ApprovalRuleScope>;

export const ApprovalRule = closed({
  name: Word,
  when: ApprovalRuleScope,
  /** True: people are asked about such a call even when nothing else would hold it. */
  ask: Type.Boolean(),
  /** What is left out is as the policy says. */
  starter_may_approve: Type.Optional(Type.Boolean()),
  seats: Type.Optional(Seats),
  expires_in: Type.Optional(Expiry),
  roles: Type.Optional(Roles),
  barred: Type.Optional(Barred),
});
export type ApprovalRule = Answered<typeof ApprovalRule>;

const terms = {
  /** Whether the person who started a run may approve its calls. */
  starter_may_approve: Type.Boolean(),
  seats: Seats,
  expires_in: Expiry,
};
const Rules = Type.Array(ApprovalRule, { maxItems: 50 });

export const ApprovalPolicy = closed({ ...terms, roles: Roles, barred: Barred, rules: Rules });
export type ApprovalPolicy = Answered<typeof ApprovalPolicy>;

/** What is left out stays as it is: who does not know of rules drops none. */
export const PutApprovalPolicy = closed({
  ...terms,
  roles: Type.Optional(Roles),
  barred: Type.Optional(Barred),
  rules: Type.Optional(Rules),
});
export type PutApprovalPolicy = Static<typeof PutApprovalPolicy>;
