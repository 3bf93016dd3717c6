// Usage, budgets of a tenant, and its standing with the payment provider.
import { type Static, Type } from 'typebox';
import { type Answered, Count, closed, Money, orNull, Time, Uuid } from './shapes.ts';

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

const totals = {
  steps: Count,
  input_tokens: Count,
  output_tokens: Count,
  cached_tokens: Count,
  cost: Money,
  /** The part of `cost` whose answer was lost: charged at its upper bound. */
  lost_cost: Money,
};

export const UsageTotals = closed(totals);
export type UsageTotals = Answered<typeof UsageTotals>;

/** `key` is the day, the name of the skill, the model, or the id of the user. */
export const UsageGroup = closed({ ...totals, key: Type.String() });
export type UsageGroup = Answered<typeof UsageGroup>;

export const UsagePage = closed({
  by: Type.String(),
  from: Day,
  to: Day,
  data: Type.Array(UsageGroup),
  next_cursor: orNull(Type.String()),
});

/** One row of the ledger. */
export const UsageRecord = closed({
  id: Uuid,
  run_id: Uuid,
  /** `step:<n>`, or with `:lost:<reservation>` for an answer that was lost. */
  effect_key: Type.String(),
  model: Type.String(),
  input_tokens: Count,
  output_tokens: Count,
  cached_tokens: Count,
  cost: Money,
  currency: Type.Literal('USD'),
  settlement: Type.Union([Type.Literal('settled'), Type.Literal('lost')]),
  /** True when more was used than had been reserved. */
  over_reserved: Type.Boolean(),
  price: closed({ id: Type.String(), input: Type.String(), output: Type.String() }),
  created_at: Time,
});
export type UsageRecord = Answered<typeof UsageRecord>;

export const RunUsage = closed({
  run_id: Uuid,
  totals: UsageTotals,
  data: Type.Array(UsageRecord),
  next_cursor: orNull(Type.String()),
});
export type RunUsage = Answered<typeof RunUsage>;

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
export const TenantBudget = closed({
  id: Uuid,
  name: Name,
  period: CreateBudget.properties.period,
  limit_cost: orNull(Money),
  limit_tokens: orNull(Count),
  state: State,
  held: closed({ cost: Money, tokens: Count }),
  spent: closed({ cost: Money, tokens: Count }),
  created_at: Time,
});
export type TenantBudget = Answered<typeof TenantBudget>;

/** Links a tenant to a customer of the payment provider; for the operator. */
export const LinkCustomer = closed({
  tenant_id: Uuid,
  customer_id: Type.String({ pattern: '^cus_[A-Za-z0-9]{1,200}$' }),
});
export type LinkCustomer = Static<typeof LinkCustomer>;

export const LinkedCustomer = closed({ tenant_id: Uuid, customer_id: Type.String(), mode: Type.String() });

export const BillingStanding = closed({
  mode: Type.Union([Type.Literal('off'), Type.Literal('test'), Type.Literal('live')]),
  /** False stops new runs; nothing is deleted. */
  may_start_runs: Type.Boolean(),
  subscriptions: Type.Array(
    closed({ id: Type.String(), status: Type.String(), price_id: orNull(Type.String()), period_end: orNull(Time) }),
  ),
  /** Minor units of each currency, in decimal digits. */
  paid: Type.Array(closed({ currency: Type.String(), amount_minor: Type.String() })),
});
export type BillingStanding = Answered<typeof BillingStanding>;

export const EventReceived = closed({ received: Type.Boolean() });
