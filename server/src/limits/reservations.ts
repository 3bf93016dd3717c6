// What a step may use is held before it begins; what it used is written to the ledger when it ends, once, in the same transaction.
import { type Row, sql, type TenantTx } from '../db/db.ts';
import { type Id, newId, type RunId } from '../ids.ts';
import { giveBack, hold, lockPeriods, type TenantLimit, withinBudgets } from './tenant-budgets.ts';

export type ReservationId = Id<'reservation'>;
type UsageId = Id<'usage'>;

/** The price of a step, as it stood when the step began: US dollars for a million tokens. */
export interface StepPrice {
  readonly id: string;
  readonly input: string;
  readonly output: string;
}

export interface StepUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly cost: string;
}

export type Reserved =
  | { readonly reserved: true; readonly id: ReservationId }
  | { readonly reserved: false; readonly over: TenantLimit };

export interface LostStep {
  readonly tokens: number;
  readonly cost: string;
}

/** Holds `most` in every active budget of the tenant, or in none. The caller holds the run's row lock: always that one first. */
export async function reserve(
  tx: TenantTx,
  runId: RunId,
  step: number,
  most: { readonly tokens: number; readonly cost: string },
  price: StepPrice,
): Promise<Reserved> {
  const periods = await lockPeriods(tx);
  const over = withinBudgets(periods, most);
  if (over !== undefined) return { reserved: false, over };
  const id = newId<ReservationId>();
  await tx.run(
    sql`insert into reservations (tenant_id, run_id, id, step, tokens, cost, price_id, price_input, price_output)
      values (${tx.value}, ${runId}, ${id}, ${step}, ${most.tokens}, ${most.cost}::numeric, ${price.id}, ${price.input}::numeric, ${price.output}::numeric)`,
  );
  await hold(tx, id, periods, most);
  return { reserved: true, id };
}

/** Writes the ledger row of the step and gives back what was held beyond it. True when more was used than was reserved. */
export async function settle(
  tx: TenantTx,
  runId: RunId,
  id: ReservationId,
  used: StepUsage,
  settlement: 'settled' | 'lost' = 'settled',
): Promise<{ readonly overReserved: boolean }> {
  const overReserved = await tx.first(
    sql`insert into usage (tenant_id, id, run_id, effect_key, user_id, skill_name, model, input_tokens, output_tokens, cached_tokens, cost,
          reserved_tokens, reserved_cost, price_id, price_input, price_output, settlement)
        select ${tx.value}, ${newId<UsageId>()}, r.id, 'step:' || v.step || case when ${settlement}::text = 'lost' then ':lost:' || v.id else '' end,
          r.user_id, r.skill_name, r.model, ${used.input}::bigint, ${used.output}::bigint, ${used.cached}::bigint, ${used.cost}::numeric,
          v.tokens, v.cost, coalesce(v.price_id, 'unknown'), v.price_input, v.price_output, ${settlement}
        from reservations v join runs r on r.tenant_id = v.tenant_id and r.id = v.run_id
        where ${tx.mine('v')} and ${tx.mine('r')} and v.id = ${id} and v.run_id = ${runId} and v.state = 'open'
        returning over_reserved`,
    (row: Row) => row.bool('over_reserved'),
  );
  // Settled before, by whoever came first: nothing is charged a second time.
  if (overReserved === undefined) return { overReserved: false };
  await close(tx, id, settlement);
  await giveBack(tx, id, { tokens: used.input + used.output, cost: used.cost });
  return { overReserved };
}

/** The provider is known not to have worked: nothing is charged. */
export async function forgo(tx: TenantTx, id: ReservationId): Promise<void> {
  if (await close(tx, id, 'settled')) await giveBack(tx, id, { tokens: 0, cost: '0' });
}

async function close(tx: TenantTx, id: ReservationId, state: 'settled' | 'lost'): Promise<boolean> {
  const rows = await tx.run(
    sql`update reservations v set state = ${state} where ${tx.mine('v')} and v.id = ${id} and v.state = 'open'`,
  );
  return rows === 1;
}

/** Reservations left open by a worker that died or by a run that ended: each is settled once, at its upper bound. */
export async function settleLost(tx: TenantTx, runId: RunId): Promise<LostStep[]> {
  const open = await tx.rows(
    sql`select v.id, v.tokens, v.cost::text as cost from reservations v where ${tx.mine('v')} and v.run_id = ${runId} and v.state = 'open'`,
    (row: Row) => ({
      id: row.text('id') as ReservationId,
      tokens: Number(row.bigint('tokens')),
      cost: row.text('cost'),
    }),
  );
  for (const { id, tokens, cost } of open)
    await settle(tx, runId, id, { input: tokens, output: 0, cached: 0, cost }, 'lost');
  return open.map(({ tokens, cost }) => ({ tokens, cost }));
}

/** How often the answer of this step was lost with its worker. */
export async function countLost(tx: TenantTx, runId: RunId, step: number): Promise<number> {
  const count = await tx.first(
    sql`select count(v.id)::int as lost from reservations v where ${tx.mine('v')} and v.run_id = ${runId} and v.step = ${step} and v.state = 'lost'`,
    (row: Row) => row.int('lost'),
  );
  return count ?? 0;
}
