// An effect whose outcome nobody knows: a person looks, and says. Whatever is said, nothing is done again by itself.
import type { Effect } from '@sallyport/contracts';
import { type Row, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { RunId } from '../ids.ts';
import { readEffect } from './list-effects.ts';

export type Resolution = 'happened' | 'did_not_happen' | 'unknown';

/** Writes a person's finding into the ledger; the caller holds the run's row lock. Throws `not_found`, `already_decided`, `too_early`. */
export async function resolveEffect(
  tx: TenantTx,
  runId: RunId,
  key: string,
  said: { readonly outcome: Resolution; readonly by: string; readonly note: string },
): Promise<Effect> {
  const standing = await tx.first(
    sql`select f.state, coalesce(f.settle_after > clock_timestamp(), false) as early
        from effects f where ${tx.mine('f')} and f.run_id = ${runId} and f.key = ${key}`,
    (row: Row) => ({ state: row.text('state'), early: row.bool('early') }),
  );
  if (standing === undefined) throw fault('not_found');
  if (standing.state !== 'unknown')
    throw fault('already_decided', { fields: [{ path: '/state', message: standing.state }] });
  if (standing.early) throw fault('too_early');
  const { outcome } = said;
  const state = outcome === 'happened' ? 'done' : outcome === 'did_not_happen' ? 'failed' : 'unknown';
  const content = await tx.content();
  const settled = await tx.first(
    sql`update effects f set state = ${state}, settled_at = clock_timestamp(), result = ${content.sealJson('effects.result', `${runId}:${key}`, said)}, key_id = ${content.keyId}
        where ${tx.mine('f')} and f.run_id = ${runId} and f.key = ${key} and f.state = 'unknown'
        returning f.run_id, f.key, f.call_id, f.tool, f.state, f.attempt, f.idempotent, f.claimed_at, f.settled_at, f.settle_after`,
    readEffect,
  );
  if (settled === undefined) throw fault('not_found');
  return settled;
}
