// The ledger as the gateway writes it.
import { type Row, sql, type TenantTx } from '../db/db.ts';
import type { RunId } from '../ids.ts';

export type EffectState = 'claimed' | 'done' | 'failed' | 'unknown';

export interface Effect {
  readonly state: EffectState;
  readonly attempt: number;
  readonly idempotent: boolean;
}

export interface EffectClaim {
  readonly key: string;
  readonly callId: string;
  readonly tool: string;
  readonly idempotent: boolean;
}

export type ClaimResult =
  | { readonly claimed: true; readonly attempt: number }
  | { readonly claimed: false; readonly state: EffectState; readonly attempt: number };

/** Claims an effect. The caller holds the run's row lock with the present epoch. An idempotent claim may be taken again. */
export async function claimEffect(tx: TenantTx, runId: RunId, claim: EffectClaim): Promise<ClaimResult> {
  const fresh = await tx.run(sql`insert into effects (tenant_id, run_id, key, call_id, tool, idempotent)
    values (${tx.value}, ${runId}, ${claim.key}, ${claim.callId}, ${claim.tool}, ${claim.idempotent}) on conflict do nothing`);
  if (fresh === 1) return { claimed: true, attempt: 1 };
  const again = await tx.first(
    sql`update effects f set attempt = f.attempt + 1 where ${tx.mine('f')} and f.run_id = ${runId} and f.key = ${claim.key}
        and f.state = 'claimed' and f.idempotent returning f.attempt`,
    (row: Row) => row.int('attempt'),
  );
  if (again !== undefined) return { claimed: true, attempt: again };
  const standing = await findEffect(tx, runId, claim.key);
  return { claimed: false, state: standing?.state ?? 'unknown', attempt: standing?.attempt ?? 0 };
}

export async function findEffect(tx: TenantTx, runId: RunId, key: string): Promise<Effect | undefined> {
  return tx.first(
    sql`select f.state, f.attempt, f.idempotent from effects f where ${tx.mine('f')} and f.run_id = ${runId} and f.key = ${key}`,
    (row: Row) => ({
      state: row.text('state') as EffectState,
      attempt: row.int('attempt'),
      idempotent: row.bool('idempotent'),
    }),
  );
}

/** Settles my attempt. Allowed without the epoch: a late worker may know the truth; it writes no event (engine room, windows). */
export async function settleEffect(
  tx: TenantTx,
  runId: RunId,
  key: string,
  attempt: number,
  state: 'done' | 'failed',
): Promise<boolean> {
  const rows = await tx.run(sql`update effects f set state = ${state}, settled_at = clock_timestamp()
    where ${tx.mine('f')} and f.run_id = ${runId} and f.key = ${key} and f.attempt = ${attempt} and f.state in ('claimed', 'unknown')`);
  return rows === 1;
}

/** A worker that is slow and not dead stops its calls within 10 s of its last renewal; the answer of one takes at most 30 s more. */
const STILL_UNDER_WAY_SECONDS = 45;

/** What was begun and has no outcome. `lost`: by another worker, whose call may still be under way for a while. */
export async function markUnknown(tx: TenantTx, runId: RunId, key: string, lost: boolean): Promise<void> {
  await tx.run(sql`update effects f set state = 'unknown', settle_after = f.claimed_at + make_interval(secs => ${lost ? STILL_UNDER_WAY_SECONDS : 0})
    where ${tx.mine('f')} and f.run_id = ${runId} and f.key = ${key} and f.state = 'claimed'`);
}
