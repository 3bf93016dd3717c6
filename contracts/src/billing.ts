// Usage, budgets of a tenant, and its standing with the payment provider.
import { type Static, Type } from 'typebox';
import { Count, closed, Money } from './shapes.ts';

const Day = Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' });
const Name = Type.String({ minLength: 1, maxLength: 200 });
const State = Type.Union([Type.Literal('active'), Type.Literal('paused')]);

/** Days in UTC, both inside; the last 30 unless told, 366 at most. Groups are in the order of their keys. */
export const UsageQuery = closed({
  by: Type.Optional(
    Type.Union([Type.Literal('day'), Type.Literal('skill'), Type.Literal('model'), Type.Literal('user')]),
  ),
  from: Type.Optional(Day),
  to: Type.Optional(Day),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 400 })),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 400, pattern: '^[A-Za-z0-9_-]+$' })),
});
export type UsageQuery = Static<typeof UsageQuery>;

export interface UsageTotals {
  readonly steps: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cached_tokens: number;
  readonly cost: string;
  /** The part of `cost` whose answer was lost: charged at its upper bound. */
  readonly lost_cost: string;
}

export interface UsageGroup extends UsageTotals {
  /** The day, the name of the skill, the model, or the id of the user. */
  readonly key: string;
}

/** One row of the ledger. */
export interface UsageRecord {
  readonly id: string;
  readonly run_id: string;
  /** `step:<n>`, or with `:lost:<reservation>` for an answer that was lost. */
  readonly effect_key: string;
  readonly model: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cached_tokens: number;
  readonly cost: string;
  readonly currency: 'USD';
  readonly settlement: 'settled' | 'lost';
  /** True when more was used than had been reserved. */
  readonly over_reserved: boolean;
  readonly price: { readonly id: string; readonly input: string; readonly output: string };
  readonly created_at: string;
}

/** At least one of the two limits. */
export const CreateBudget = closed({
  name: Name,
  period: Type.Union([Type.Literal('day'), Type.Literal('month'), Type.Literal('total')]),
  limit_cost: Type.Optional(Money),
  limit_tokens: Type.Optional(Count),
});
export type CreateBudget = Static<typeof CreateBudget>;

/** What is not named stays. */
export const UpdateBudget = closed({
  name: Type.Optional(Name),
  limit_cost: Type.Optional(Money),
  limit_tokens: Type.Optional(Count),
  state: Type.Optional(State),
});
export type UpdateBudget = Static<typeof UpdateBudget>;

/** A budget of all runs of the tenant; `held` and `spent` are of the present period. */
export interface TenantBudget {
  readonly id: string;
  readonly name: string;
  readonly period: CreateBudget['period'];
  readonly limit_cost: string | null;
  readonly limit_tokens: number | null;
  readonly state: Static<typeof State>;
  readonly held: { readonly cost: string; readonly tokens: number };
  readonly spent: { readonly cost: string; readonly tokens: number };
  readonly created_at: string;
}

/** Links a tenant to a customer of the payment provider; for the operator. */
export const LinkCustomer = closed({
  tenant_id: Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' }),
  customer_id: Type.String({ pattern: '^cus_[A-Za-z0-9]{1,200}$' }),
});
export type LinkCustomer = Static<typeof LinkCustomer>;

export interface BillingStanding {
  readonly mode: 'off' | 'test' | 'live';
  /** False stops new runs; nothing is deleted. */
  readonly may_start_runs: boolean;
  readonly subscriptions: readonly {
    readonly id: string;
    readonly status: string;
    readonly price_id: string | null;
    readonly period_end: string | null;
  }[];
  /** Minor units of each currency. */
  readonly paid: readonly { readonly currency: string; readonly amount_minor: string }[];
}
