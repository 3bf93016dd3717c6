// Budgets that all runs of a tenant share. What is held in a period and what was spent in it never pass its limit by a reservation:
// the row of the period is locked while it is judged. Order of locks: the run, its reservation, then periods by budget.
import type { TenantBudget } from '@sallyport/contracts';
import { type Row, type Statement, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type BudgetId, newId } from '../ids.ts';
import { formatMoney, microCents } from './money.ts';

const MOST_BUDGETS = 100;

/** Why a step may not begin. */
export interface TenantLimit {
  readonly limit: 'tenant_cost' | 'tenant_tokens';
  readonly allowed: string;
  readonly observed: string;
}

export interface Period {
  readonly budgetId: string;
  readonly starts: string;
  readonly limitCost: string | null;
  readonly limitTokens: bigint | null;
  readonly takenCost: bigint;
  readonly takenTokens: bigint;
}

/** The first day of the present period of `b`, in UTC; the clock of the transaction, so that midnight cannot come between two statements. */
const STARTS: Statement<'open'> = sql`case b.period when 'day' then (now() at time zone 'UTC')::date
  when 'month' then date_trunc('month', now() at time zone 'UTC')::date else date '1970-01-01' end`;

/** Locks the present period of each active budget until the transaction ends. Empty when the tenant has none. */
export async function lockPeriods(tx: TenantTx): Promise<Period[]> {
  await tx.run(
    sql`insert into budget_periods (tenant_id, budget_id, starts) select ${tx.value}, b.id, ${STARTS} from budgets b
      where ${tx.mine('b')} and b.state = 'active' order by b.id on conflict do nothing`,
  );
  return tx.rows(
    sql`select p.budget_id, p.starts::text as starts, b.limit_cost::text as limit_cost, b.limit_tokens::text as limit_tokens,
          (p.held_cost + p.spent_cost)::text as taken_cost, p.held_tokens + p.spent_tokens as taken_tokens
        from budgets b join budget_periods p on p.tenant_id = b.tenant_id and p.budget_id = b.id and p.starts = ${STARTS}
        where ${tx.mine('b')} and ${tx.mine('p')} and b.state = 'active' order by p.budget_id for update of p`,
    (row: Row) => {
      const tokens = row.textOrNull('limit_tokens');
      return {
        budgetId: row.text('budget_id'),
        starts: row.text('starts'),
        limitCost: row.textOrNull('limit_cost'),
        limitTokens: tokens === null ? null : BigInt(tokens),
        takenCost: microCents(row.text('taken_cost')),
        takenTokens: row.bigint('taken_tokens'),
      };
    },
  );
}

/** Pure: the first limit that `most` would pass; undefined when it fits everywhere. */
export function withinBudgets(
  periods: readonly Period[],
  most: { readonly tokens: number; readonly cost: string },
): TenantLimit | undefined {
  for (const period of periods) {
    const cost = period.takenCost + microCents(most.cost);
    if (period.limitCost !== null && cost > microCents(period.limitCost))
      return {
        limit: 'tenant_cost',
        allowed: formatMoney(microCents(period.limitCost)),
        observed: formatMoney(cost),
      };
    const tokens = period.takenTokens + BigInt(most.tokens);
    if (period.limitTokens !== null && tokens > period.limitTokens)
      return { limit: 'tenant_tokens', allowed: String(period.limitTokens), observed: String(tokens) };
  }
  return undefined;
}

/** Takes from the locked periods, and writes down what was taken for whom. */
export async function hold(
  tx: TenantTx,
  reservation: string,
  periods: readonly Period[],
  most: { readonly tokens: number; readonly cost: string },
): Promise<void> {
  if (periods.length === 0) return;
  const ids = periods.map((period) => period.budgetId);
  const days = periods.map((period) => period.starts);
  await tx.run(
    sql`update budget_periods p set held_cost = p.held_cost + ${most.cost}::numeric, held_tokens = p.held_tokens + ${most.tokens}::bigint
      where ${tx.mine('p')} and (p.budget_id, p.starts) in (select u.id, u.starts from unnest(${ids}::uuid[], ${days}::date[]) u(id, starts))`,
  );
  await tx.run(
    sql`insert into budget_holds (tenant_id, reservation_id, budget_id, starts, cost, tokens)
      select ${tx.value}, ${reservation}::uuid, u.id, u.starts, ${most.cost}::numeric, ${most.tokens}::bigint
      from unnest(${ids}::uuid[], ${days}::date[]) u(id, starts)`,
  );
}

/** Gives a reservation back to the periods it was taken from, whichever they were, and adds what was used in its place. */
export async function giveBack(
  tx: TenantTx,
  reservation: string,
  used: { readonly tokens: number; readonly cost: string },
): Promise<void> {
  const holds = await tx.rows(
    sql`update budget_holds h set state = 'closed' where ${tx.mine('h')} and h.reservation_id = ${reservation}::uuid and h.state = 'open'
      returning h.budget_id, h.starts::text as starts, h.cost::text as cost, h.tokens`,
    (row: Row) => ({
      id: row.text('budget_id'),
      starts: row.text('starts'),
      cost: row.text('cost'),
      tokens: row.bigint('tokens'),
    }),
  );
  const [first] = holds;
  if (first === undefined) return;
  const ids = holds.map((one) => one.id);
  const days = holds.map((one) => one.starts);
  // An update locks in no promised order; two runs with two budgets would wait for each other.
  await tx.rows(
    sql`select p.budget_id from budget_periods p where ${tx.mine('p')}
      and (p.budget_id, p.starts) in (select u.id, u.starts from unnest(${ids}::uuid[], ${days}::date[]) u(id, starts)) order by p.budget_id for update of p`,
    () => null,
  );
  await tx.run(
    sql`update budget_periods p set held_cost = p.held_cost - ${first.cost}::numeric, held_tokens = p.held_tokens - ${first.tokens.toString()}::bigint,
        spent_cost = p.spent_cost + ${used.cost}::numeric, spent_tokens = p.spent_tokens + ${used.tokens}::bigint
      where ${tx.mine('p')} and (p.budget_id, p.starts) in (select u.id, u.starts from unnest(${ids}::uuid[], ${days}::date[]) u(id, starts))`,
  );
}

function readBudget(row: Row): TenantBudget {
  const cost = row.textOrNull('limit_cost');
  const tokens = row.textOrNull('limit_tokens');
  return {
    id: row.text('id'),
    name: row.text('name'),
    period: row.text('period') as TenantBudget['period'],
    limit_cost: cost === null ? null : formatMoney(microCents(cost)),
    limit_tokens: tokens === null ? null : Number(tokens),
    state: row.text('state') as TenantBudget['state'],
    held: { cost: formatMoney(microCents(row.text('held_cost'))), tokens: Number(row.bigint('held_tokens')) },
    spent: { cost: formatMoney(microCents(row.text('spent_cost'))), tokens: Number(row.bigint('spent_tokens')) },
    created_at: row.time('created_at').toISOString(),
  };
}

function readBudgets(
  scope: TenantScope,
  filter: { readonly id?: BudgetId | undefined; readonly before?: BudgetId | undefined; readonly limit: number },
): Promise<TenantBudget[]> {
  return scope.rows(
    sql`select b.id, b.name, b.period, b.limit_cost::text as limit_cost, b.limit_tokens::text as limit_tokens, b.state, b.created_at,
          coalesce(p.held_cost, 0)::text as held_cost, coalesce(p.held_tokens, 0) as held_tokens,
          coalesce(p.spent_cost, 0)::text as spent_cost, coalesce(p.spent_tokens, 0) as spent_tokens
        from budgets b left join (
          select q.budget_id, q.starts, q.held_cost, q.held_tokens, q.spent_cost, q.spent_tokens from budget_periods q where ${scope.mine('q')}
        ) p on p.budget_id = b.id and p.starts = ${STARTS}
        where ${scope.mine('b')} and ${sql.all(
          filter.id !== undefined && sql`b.id = ${filter.id}`,
          filter.before !== undefined && sql`b.id < ${filter.before}`,
        )} order by b.id desc limit ${filter.limit}`,
    readBudget,
  );
}

export async function getBudget(scope: TenantScope, id: BudgetId): Promise<TenantBudget> {
  const [budget] = await readBudgets(scope, { id, limit: 1 });
  if (budget === undefined) throw fault('not_found');
  return budget;
}

export function listBudgets(
  scope: TenantScope,
  page: { readonly before?: BudgetId | undefined; readonly limit: number },
): Promise<TenantBudget[]> {
  return readBudgets(scope, page);
}

/** The smallest limits of all active budgets: what no run can use more of, however empty its periods are. */
export async function budgetCaps(
  scope: TenantScope,
): Promise<{ readonly cost: string | undefined; readonly tokens: number | undefined }> {
  const caps = await scope.first(
    sql`select min(b.limit_cost)::text as cost, min(b.limit_tokens) as tokens from budgets b where ${scope.mine('b')} and b.state = 'active'`,
    (row: Row) => {
      const cost = row.textOrNull('cost');
      return { cost: cost === null ? undefined : formatMoney(microCents(cost)), tokens: row.bigintOrNull('tokens') };
    },
  );
  return { cost: caps?.cost, tokens: caps?.tokens === null ? undefined : Number(caps?.tokens) };
}

/** Throws `conflict` when the tenant has as many budgets as it may, closed ones among them, since they can be opened again: every step of every run locks them all. */
export async function createBudget(
  tx: TenantTx,
  budget: {
    readonly name: string;
    readonly period: TenantBudget['period'];
    readonly limit_cost?: string;
    readonly limit_tokens?: number;
  },
): Promise<TenantBudget> {
  // Two at once may both find the last place free; that the number stays small is enough.
  const count = await tx.first(sql`select count(b.id)::int as n from budgets b where ${tx.mine('b')}`, (row: Row) =>
    row.int('n'),
  );
  if ((count ?? 0) >= MOST_BUDGETS)
    throw fault('conflict', {
      fields: [{ path: '', message: `the tenant has ${MOST_BUDGETS} budgets already; change one of them` }],
    });
  const id = newId<BudgetId>();
  await tx.run(
    sql`insert into budgets (tenant_id, id, name, period, limit_cost, limit_tokens)
      values (${tx.value}, ${id}, ${budget.name}, ${budget.period}, ${budget.limit_cost ?? null}::numeric, ${budget.limit_tokens ?? null}::bigint)`,
  );
  return getBudget(tx, id);
}

/** What is not given stays. A lower limit stops the next step, never one that is at work. */
export async function updateBudget(
  scope: TenantScope,
  id: BudgetId,
  change: {
    readonly name?: string;
    readonly limit_cost?: string;
    readonly limit_tokens?: number;
    readonly state?: TenantBudget['state'];
  },
): Promise<TenantBudget> {
  const rows = await scope.run(
    sql`update budgets b set name = coalesce(${change.name ?? null}, b.name), state = coalesce(${change.state ?? null}, b.state),
        limit_cost = coalesce(${change.limit_cost ?? null}::numeric, b.limit_cost), limit_tokens = coalesce(${change.limit_tokens ?? null}::bigint, b.limit_tokens)
      where ${scope.mine('b')} and b.id = ${id}`,
  );
  if (rows === 0) throw fault('not_found');
  return getBudget(scope, id);
}
