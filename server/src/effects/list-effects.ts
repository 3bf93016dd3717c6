// The ledger of a run, as people read it: in the order of the keys, since a key is what names an effect.
import type { Effect } from '@sallyport/contracts';
import { type Row, sql, type TenantScope } from '../db/db.ts';
import type { RunId } from '../ids.ts';

export function readEffect(row: Row): Effect {
  return {
    run_id: row.text('run_id'),
    key: row.text('key'),
    call_id: row.text('call_id'),
    tool: row.text('tool'),
    state: row.text('state'),
    attempt: row.int('attempt'),
    idempotent: row.bool('idempotent'),
    claimed_at: row.time('claimed_at').toISOString(),
    settled_at: row.timeOrNull('settled_at')?.toISOString() ?? null,
    settle_after: row.timeOrNull('settle_after')?.toISOString() ?? null,
  };
}

export async function listEffects(
  scope: TenantScope,
  runId: RunId,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<Effect[]> {
  return scope.rows(
    sql`select f.run_id, f.key, f.call_id, f.tool, f.state, f.attempt, f.idempotent, f.claimed_at, f.settled_at, f.settle_after
        from effects f where ${scope.mine('f')} and f.run_id = ${runId} and ${sql.all(
          page.after !== undefined && sql`f.key > ${page.after}`,
        )} order by f.key limit ${page.limit}`,
    readEffect,
  );
}
