// What is used, what may be used, how it is paid for, and how long things are kept.
import type {
  BillingStanding,
  CreateBudget,
  Page,
  PutRetention,
  RetentionPolicies,
  TenantBudget,
  Typed,
  UpdateBudget,
  UsagePage,
  UsageQuery,
} from '@sallyport/contracts';
import { eachOf, type PageQuery } from '../pages.ts';
import { segment, type Transport } from '../transport.ts';

export type UsageSums = Typed<typeof UsagePage>;
export type Retention = Typed<typeof RetentionPolicies>;

export interface Usage {
  /** Sums by day, skill, model or user; of the last 30 days unless told. */
  sum(query?: UsageQuery, signal?: AbortSignal): Promise<UsageSums>;
}

export interface Budgets {
  create(body: CreateBudget): Promise<TenantBudget>;
  /** Every budget, newest first. */
  list(query?: PageQuery): AsyncGenerator<TenantBudget>;
  update(id: string, change: UpdateBudget): Promise<TenantBudget>;
}

export interface BillingReader {
  standing(signal?: AbortSignal): Promise<BillingStanding>;
}

export interface RetentionRules {
  get(signal?: AbortSignal): Promise<Retention>;
  /** Days by class; a class that is not named stays as it is. */
  put(days: PutRetention): Promise<Retention>;
}

export function createUsage(transport: Transport): Usage {
  return { sum: (query = {}, signal) => transport.json('v1/usage', { query: { ...query }, signal }) };
}

export function createBudgets(transport: Transport): Budgets {
  const page = ({ signal, ...query }: PageQuery): Promise<Page<TenantBudget>> =>
    transport.json('v1/budgets', { query: { ...query }, signal });
  return {
    create: (body) => transport.json('v1/budgets', { method: 'POST', json: body }),
    list: (query = {}) => eachOf(query, page),
    update: (id, change) => transport.json(`v1/budgets/${segment(id)}`, { method: 'PATCH', json: change }),
  };
}

export function createBilling(transport: Transport): BillingReader {
  return { standing: (signal) => transport.json('v1/billing', { signal }) };
}

export function createRetention(transport: Transport): RetentionRules {
  return {
    get: (signal) => transport.json('v1/retention', { signal }),
    put: (days) => transport.json('v1/retention', { method: 'PUT', json: days }),
  };
}
