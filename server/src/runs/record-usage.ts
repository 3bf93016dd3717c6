// What a run used in all: the totals of its row, moved in the transaction that writes the ledger.
import type { NewEvent } from '@sallyport/contracts';
import { type Row, sql, type TenantTx } from '../db/db.ts';
import type { RunId } from '../ids.ts';
import { type StepUsage, settleLost } from '../limits/limits.ts';

/** Adds what a step used to the run's totals; the caller holds the run's row lock. Answers the model of the run. */
export async function recordUsage(
  tx: TenantTx,
  id: RunId,
  used: { tokens: number; cost: string; calls: number },
): Promise<string> {
  const model = await tx.first(
    sql`update runs r set used_tokens = r.used_tokens + ${used.tokens}, used_cost = r.used_cost + ${used.cost}::numeric,
      used_calls = r.used_calls + ${used.calls} where ${tx.mine('r')} and r.id = ${id} returning r.model`,
    (row: Row) => row.text('model'),
  );
  return model ?? '';
}

/** Settles what was left open, at its upper bound, and answers the events that say so. The caller holds the run's row lock. */
export async function settleLostSteps(tx: TenantTx, id: RunId): Promise<NewEvent[]> {
  const events: NewEvent[] = [];
  for (const { tokens, cost } of await settleLost(tx, id)) {
    const model = await recordUsage(tx, id, { tokens, cost, calls: 0 });
    events.push(usageEvent(model, { input: tokens, output: 0, cached: 0, cost }, 'lost'));
  }
  return events;
}

export function usageEvent(model: string, used: StepUsage, settlement: 'settled' | 'lost'): NewEvent {
  return {
    type: 'usage.recorded',
    actor: { kind: 'system', id: 'runtime' },
    data: {
      model,
      input_tokens: used.input,
      output_tokens: used.output,
      cached_tokens: used.cached,
      cost: used.cost,
      currency: 'USD',
      settlement,
    },
  };
}
