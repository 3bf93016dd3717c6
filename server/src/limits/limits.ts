// Owns the budget of a run while it works: reserved before a model call, settled after it.
// Promises that a call whose answer was lost is charged at its upper bound, never forgotten and never twice.
// Must never let a call begin that could take the run past its budget.
import type { Budget } from '@sallyport/contracts';
import { type Row, sql, type TenantTx } from '../db/db.ts';
import { type Id, newId, type RunId } from '../ids.ts';

export type ReservationId = Id<'reservation'>;

export interface Used {
  readonly tokens: number;
  readonly cost: string;
  readonly calls: number;
}

export type BudgetVerdict =
  | { readonly verdict: 'allow' }
  | {
      readonly verdict: 'block';
      readonly limit: 'tokens' | 'seconds' | 'calls' | 'cost';
      readonly allowed: string;
      readonly observed: string;
    };

/** Pure: may a step that uses at most `next` begin? */
export function decideBudget(
  budget: Budget,
  used: Used,
  next: { tokens: number; cost: string; calls: number; seconds: number },
): BudgetVerdict {
  const block = (
    limit: 'tokens' | 'seconds' | 'calls' | 'cost',
    allowed: number | string,
    observed: number,
  ): BudgetVerdict => ({
    verdict: 'block',
    limit,
    allowed: String(allowed),
    observed: String(observed),
  });
  if (used.tokens + next.tokens > budget.tokens) return block('tokens', budget.tokens, used.tokens + next.tokens);
  if (used.calls + next.calls > budget.calls) return block('calls', budget.calls, used.calls + next.calls);
  if (next.seconds > budget.seconds) return block('seconds', budget.seconds, Math.ceil(next.seconds));
  if (microCents(used.cost) + microCents(next.cost) > microCents(budget.cost))
    return block('cost', budget.cost, Number(used.cost) + Number(next.cost));
  return { verdict: 'allow' };
}

/** A decimal string as an integer of 10^-10 units: money is never a float. */
export function microCents(money: string): bigint {
  const [whole = '0', part = ''] = money.split('.');
  return BigInt(whole) * 10_000_000_000n + BigInt(part.slice(0, 10).padEnd(10, '0'));
}

export async function reserve(
  tx: TenantTx,
  runId: RunId,
  step: number,
  most: { tokens: number; cost: string },
): Promise<ReservationId> {
  const id = newId<ReservationId>();
  await tx.run(
    sql`insert into reservations (tenant_id, run_id, id, step, tokens, cost) values (${tx.value}, ${runId}, ${id}, ${step}, ${most.tokens}, ${most.cost}::numeric)`,
  );
  return id;
}

export async function settle(tx: TenantTx, id: ReservationId, used: { tokens: number; cost: string }): Promise<void> {
  await tx.run(
    sql`update reservations v set state = 'settled', tokens = ${used.tokens}, cost = ${used.cost}::numeric where ${tx.mine('v')} and v.id = ${id} and v.state = 'open'`,
  );
}

/** Reservations left open by a worker that died: each is settled once, at its upper bound. */
export async function settleLost(tx: TenantTx, runId: RunId): Promise<{ tokens: number; cost: string }[]> {
  return tx.rows(
    sql`update reservations v set state = 'lost' where ${tx.mine('v')} and v.run_id = ${runId} and v.state = 'open' returning v.tokens, v.cost::text as cost`,
    (row: Row) => ({ tokens: Number(row.bigint('tokens')), cost: row.text('cost') }),
  );
}

/** How often the answer of this step was lost with its worker. */
export async function countLost(tx: TenantTx, runId: RunId, step: number): Promise<number> {
  const count = await tx.first(
    sql`select count(v.id)::int as lost from reservations v where ${tx.mine('v')} and v.run_id = ${runId} and v.step = ${step} and v.state = 'lost'`,
    (row: Row) => row.int('lost'),
  );
  return count ?? 0;
}
