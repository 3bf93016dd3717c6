// Claims a purge, works its steps one after the other, and gives it back when something is in the way. Each step may be repeated:
// what a killed node had done of it is found done.
import { type Row, sqlState } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, type TenantId } from '../ids.ts';
import type { ClaimedPurge, PurgeDeps } from './claimed-purge.ts';
import type { OperatorRecord } from './operator-audit.ts';
import { isStep, parseProgress, type Step, stepAfter } from './progress.ts';
import { WORK } from './steps.ts';

const LEASE_MS = 15_000;
/** A passing fault: another node, or this one, goes on after it. */
const AGAIN_MS = 2_000;

/** Works at most one purge to its end; answers false when there was none to work at. */
export async function workPurges(deps: PurgeDeps, signal: AbortSignal): Promise<boolean> {
  const [claimed] = await deps.purger.system('claim_purge', [deps.leaseMs ?? LEASE_MS], (row: Row) => {
    const tenantId = asId<TenantId>(row.text('tenant_id'));
    return {
      id: row.text('id'),
      tenantId,
      keeper: deps.keeperOf(tenantId),
      epoch: row.bigint('epoch'),
      step: row.text('step'),
      requestedAt: row.time('requested_at'),
      progress: parseProgress(row.text('progress')),
    };
  });
  if (claimed === undefined) return false;
  const { step: first } = claimed;
  if (!isStep(first)) throw fault('internal', { detail: `a purge stands at the unknown step ${first}` });
  let step: Step = first;
  const purge: ClaimedPurge = {
    ...claimed,
    keep: async (progress) => {
      purge.progress = { ...purge.progress, ...progress };
      await advance(deps, purge, step, deps.leaseMs ?? LEASE_MS);
    },
    record: (record) => recordOnce(deps, purge, record),
  };
  const log = deps.log.with({ tenant_id: claimed.tenantId });
  try {
    while (step !== 'done' && !signal.aborted) {
      await deps.reached?.(`${step}:before`);
      log.info('purge.step', { name: step });
      const left = deps.leaveOut?.has(step) === true;
      const next: Step = (left ? undefined : await WORK[step](deps, purge, signal)) ?? stepAfter(step);
      if (next !== 'done') await advance(deps, purge, next, deps.leaseMs ?? LEASE_MS);
      step = next;
    }
  } catch (error) {
    log.error('purge.interrupted', { name: step, code: sqlState(error) }, error);
    await advance(deps, purge, step, AGAIN_MS).catch(() => undefined);
    return true;
  }
  if (step !== 'done') await advance(deps, purge, step, 0).catch(() => undefined);
  else log.info('purge.done', { count: purge.progress.removed });
  return true;
}

async function advance(deps: PurgeDeps, purge: ClaimedPurge, step: Step, leaseMs: number): Promise<void> {
  const moved = await deps.purger.system(
    'advance_purge',
    [purge.id, purge.epoch.toString(), step, JSON.stringify(purge.progress), leaseMs],
    (row: Row) => row.bool('moved'),
  );
  if (moved.length === 0) throw fault('stale_epoch', { detail: `purge ${purge.id} was taken over` });
}

async function recordOnce(deps: PurgeDeps, purge: ClaimedPurge, record: OperatorRecord): Promise<void> {
  const [recorded] = await deps.purger.system(
    'record_purge',
    [purge.id, purge.epoch.toString(), record.id, record.body, record.digest],
    (row: Row) => row.bool('recorded'),
  );
  if (recorded !== true) throw fault('stale_epoch', { detail: `purge ${purge.id} was taken over` });
}
