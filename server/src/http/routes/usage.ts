// What was used and what may be used: the ledger of a run and of the tenant, and the budgets that all runs of the tenant share.
import {
  CreateBudget,
  PageQuery,
  pageOf,
  RunUsage,
  TenantBudget,
  UpdateBudget,
  UsagePage,
  UsageQuery,
} from '@sallyport/contracts';
import { recordAct } from '../../audit/audit.ts';
import { listRunUsage, sumRun, sumUsage, type UsageId } from '../../billing/billing.ts';
import { fault } from '../../errors.ts';
import { asId, type BudgetId, type RunId } from '../../ids.ts';
import { createBudget, getBudget, listBudgets, updateBudget } from '../../limits/limits.ts';
import { findRun } from '../../runs/runs.ts';
import { answer, made } from '../answer-spec.ts';
import { idempotently } from '../idempotent.ts';
import { created, ok } from '../message/answer.ts';
import { page, pageByName } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

const DAY_MS = 86_400_000;
const MOST_DAYS = 366;
const DEFAULT_DAYS = 30;
const DEFAULT_GROUPS = 100;
const CREATE = { method: 'POST', path: '/v1/budgets', idempotency: 'replay' } as const;

const refuse = (path: string, message: string): Error => fault('invalid_request', { fields: [{ path, message }] });

function dayOf(text: string | undefined, path: string, fallback: number): number {
  if (text === undefined) return fallback;
  const at = Date.parse(`${text}T00:00:00Z`);
  // The parser takes the 31st of a month of 30 days for the 1st of the next.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text) throw refuse(path, 'is not a day');
  return at;
}

function daysOf(query: UsageQuery, now: number): { readonly from: string; readonly to: string } {
  const to = dayOf(query.to, '/to', Math.floor(now / DAY_MS) * DAY_MS);
  const from = dayOf(query.from, '/from', to - (DEFAULT_DAYS - 1) * DAY_MS);
  if (from > to) throw refuse('/from', 'is after the last day');
  if ((to - from) / DAY_MS >= MOST_DAYS) throw refuse('/from', `is more than ${MOST_DAYS} days before the last day`);
  const text = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return { from: text(from), to: text(to) };
}

function demandLimit(limits: { readonly limit_cost?: string; readonly limit_tokens?: number }): void {
  if (limits.limit_cost === undefined && limits.limit_tokens === undefined)
    throw refuse('', 'limit_cost or limit_tokens is required');
}

export const usageRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/usage',
    access: 'usage:read',
    summary: 'Sums the usage of the tenant by day, skill, model or user.',
    query: UsageQuery,
    answers: [answer(UsagePage, 'A page of sums.')],
    handle: async ({ scope, query }) => {
      const asked = { by: query.by ?? 'day', ...daysOf(query, Date.now()) };
      const read = (after: string | undefined, limit: number) => sumUsage(scope, { ...asked, after, limit });
      return ok({ ...asked, ...(await pageByName({ ...query, most: DEFAULT_GROUPS }, read, (group) => group.key)) });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/usage',
    access: 'runs:read',
    summary: 'Shows what a run used: its totals, and a page of its ledger, newest first.',
    query: PageQuery,
    answers: [answer(RunUsage, 'The totals and a page of the ledger.')],
    handle: async ({ scope, params, query }) => {
      const id = asId<RunId>(params.id);
      if ((await findRun(scope, id)) === undefined) throw fault('not_found');
      const read = (before: UsageId | undefined, limit: number) => listRunUsage(scope, id, { before, limit });
      const rows = await page(query, read, (row) => row.id);
      return ok({ run_id: id, totals: await sumRun(scope, id), ...rows });
    },
  }),
  route({
    ...CREATE,
    access: 'budgets:write',
    summary: 'Makes a budget that all runs of the tenant share.',
    body: CreateBudget,
    sample: { name: 'monthly', period: 'month', limit_cost: '20.00' },
    answers: [made(TenantBudget, 'The budget.')],
    faults: ['conflict'],
    handle: async (call) => {
      demandLimit(call.body);
      const keyed = await idempotently(call, CREATE, async (tx) => {
        const budget = await createBudget(tx, call.body);
        await recordAct(tx, { action: 'budget.created', object: { kind: 'budget', id: budget.id } });
        return created(`/v1/budgets/${budget.id}`, budget);
      });
      return keyed.answer;
    },
  }),
  route({
    method: 'GET',
    path: '/v1/budgets',
    access: 'budgets:read',
    summary: 'Lists the budgets of the tenant, newest first, with what is held and spent in their present period.',
    query: PageQuery,
    answers: [answer(pageOf(TenantBudget), 'A page of budgets.')],
    handle: async ({ scope, query }) => {
      const read = (before: BudgetId | undefined, limit: number) => listBudgets(scope, { before, limit });
      return ok(await page(query, read, (budget) => budget.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/budgets/{id}',
    access: 'budgets:read',
    summary: 'Shows one budget.',
    answers: [answer(TenantBudget, 'The budget.')],
    handle: async ({ scope, params }) => ok(await getBudget(scope, asId(params.id))),
  }),
  route({
    method: 'PATCH',
    path: '/v1/budgets/{id}',
    access: 'budgets:write',
    summary: 'Changes the name, a limit or the state of a budget. A lower limit stops the next step, not one at work.',
    body: UpdateBudget,
    sample: { limit_cost: '30.00' },
    answers: [answer(TenantBudget, 'The budget as it stands now.')],
    handle: async ({ services, principal, params, body }) =>
      ok(
        await services.db.atomic(principal, async (tx) => {
          const budget = await updateBudget(tx, asId(params.id), body);
          await recordAct(tx, { action: 'budget.updated', object: { kind: 'budget', id: budget.id } });
          return budget;
        }),
      ),
  }),
];
