// The sweep of one tenant and its chores. Each pass is bounded; what is left is found by the next one.
import type { BlobStore } from '../blobs/blobs.ts';
import { type Database, type Row, sql, type TenantScope } from '../db/db.ts';
import { asId, type TenantId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { KeeperPrincipal } from '../principal.ts';
import { expireKeys, expireLinks, expireSessions } from './expire-access.ts';
import { countMissingBytes, dropStrayBlobs, expireArtifacts, finishDeletions } from './expire-artifacts.ts';
import { announceExpired, eraseAnnounced } from './expire-runs.ts';

export interface RetentionDeps {
  /** As the tenant role: it announces and marks. */
  readonly db: Database;
  /** As the purger: it erases and deletes. Same login. */
  readonly purger: Database;
  readonly blobs: BlobStore;
  readonly log: Log;
  readonly keeperOf: (tenantId: TenantId) => KeeperPrincipal;
}

export type Swept = Readonly<
  Record<
    'run' | 'page' | 'artifact' | 'upload' | 'rendering' | 'entity' | 'session' | 'link' | 'key' | 'idempotency',
    number
  >
>;

interface Chore {
  readonly name: string;
  readonly everyMs: number;
  run(signal: AbortSignal): Promise<void>;
}

const BATCH = 500;
/** Of one kind in one tenant, before the next tenant has its turn. */
const MOST_BATCHES = 20;
const TENANTS = 100;
const SWEEP_EVERY_MS = 10 * 60_000;
const ORPHANS_EVERY_MS = 60 * 60_000;
/** An upload of the largest size over the slowest line has its row by then. */
const GRACE_MS = 24 * 3_600_000;

/** Repeats a bounded batch until nothing is left, or this tenant has had its share. */
async function drain(batch: () => Promise<number>): Promise<number> {
  let all = 0;
  for (let round = 0; round < MOST_BATCHES; round++) {
    const count = await batch();
    all += count;
    if (count === 0) break;
  }
  return all;
}

function expireEntities(purger: TenantScope): Promise<number> {
  return purger.run(sql`delete from entities e where ${purger.mine('e')} and e.id = any(array(
    select x.id from entities x where ${purger.mine('x')} and x.created_at <= (select app.kept_since('entity')) order by x.created_at limit ${BATCH}))`);
}

function expireAnswers(purger: TenantScope): Promise<number> {
  return purger.run(sql`delete from idempotency i where ${purger.mine('i')} and i.created_at < clock_timestamp() - interval '1 day'
    and i.ctid = any(array(select x.ctid from idempotency x where ${purger.mine('x')} and x.created_at < clock_timestamp() - interval '1 day' limit ${BATCH}))`);
}

/** Takes away what has expired in one tenant. Safe to repeat, to kill, and to run on several nodes at once. */
export async function sweepTenant(deps: RetentionDeps, tenantId: TenantId): Promise<Swept> {
  const { db, blobs } = deps;
  const keeper = deps.keeperOf(tenantId);
  const purger = deps.purger.tenant(keeper);
  await drain(() => finishDeletions(db.tenant(keeper), blobs));
  const artifacts = (dataClass: string): Promise<number> => drain(() => expireArtifacts(db, keeper, blobs, dataClass));
  await drain(() => announceExpired(db, keeper));
  return {
    run: await drain(() => eraseAnnounced(deps.purger, keeper)),
    page: await artifacts('page'),
    artifact: await artifacts('artifact'),
    upload: await artifacts('upload'),
    rendering: await artifacts('rendering'),
    entity: await drain(() => expireEntities(purger)),
    session: await drain(() => expireSessions(purger)),
    link: await drain(() => expireLinks(purger)),
    key: await drain(() => expireKeys(purger)),
    idempotency: await drain(() => expireAnswers(purger)),
  };
}

/** Bytes without rows, and halves of uploads, go once they are older than the grace; rows without bytes are counted. */
export async function sweepOrphans(
  deps: RetentionDeps,
  tenantId: TenantId,
  graceMs = GRACE_MS,
): Promise<{ readonly dropped: number; readonly missing: number }> {
  const scope = deps.db.tenant(deps.keeperOf(tenantId));
  const youngest = Date.now() - graceMs;
  const dropped = (await dropStrayBlobs(scope, deps.blobs, youngest)) + (await deps.blobs.tidy(scope, youngest));
  return { dropped, missing: await countMissingBytes(scope, deps.blobs, youngest) };
}

async function* activeTenants(db: Database, signal: AbortSignal): AsyncGenerator<TenantId> {
  let after: TenantId | null = null;
  while (!signal.aborted) {
    const ids: TenantId[] = await db.system('tenants_after', [after, TENANTS], (row: Row) =>
      asId(row.text('tenant_id')),
    );
    for (const id of ids) {
      if (signal.aborted) return;
      yield id;
    }
    after = ids.at(-1) ?? null;
    if (ids.length < TENANTS || after === null) return;
  }
}

/** One tenant that cannot be swept does not keep the others waiting. */
async function eachTenant(
  deps: RetentionDeps,
  signal: AbortSignal,
  name: string,
  work: (tenantId: TenantId) => Promise<void>,
): Promise<void> {
  for await (const tenantId of activeTenants(deps.db, signal))
    await work(tenantId).catch((error: unknown) => deps.log.error(name, { tenant_id: tenantId }, error));
}

export function retentionChores(deps: RetentionDeps): readonly Chore[] {
  const sweep = async (tenantId: TenantId): Promise<void> => {
    const swept = await sweepTenant(deps, tenantId);
    for (const [name, count] of Object.entries(swept))
      if (count > 0) deps.log.info('retention.swept', { tenant_id: tenantId, name, count });
  };
  const orphans = async (tenantId: TenantId): Promise<void> => {
    const { dropped, missing } = await sweepOrphans(deps, tenantId);
    if (dropped > 0) deps.log.warn('retention.stray_bytes', { tenant_id: tenantId, count: dropped });
    if (missing > 0) deps.log.error('retention.bytes_missing', { tenant_id: tenantId, count: missing });
  };
  return [
    {
      name: 'retention.sweep',
      everyMs: SWEEP_EVERY_MS,
      run: (signal) => eachTenant(deps, signal, 'retention.sweep_failed', sweep),
    },
    {
      name: 'retention.sign_in_links',
      everyMs: SWEEP_EVERY_MS,
      run: async (signal) => {
        const sweepOnce = (): Promise<number[]> =>
          deps.db.system('sweep_setup_links', [], (row: Row) => row.int('swept'));
        while (!signal.aborted && ((await sweepOnce())[0] ?? 0) > 0);
      },
    },
    {
      name: 'retention.orphans',
      everyMs: ORPHANS_EVERY_MS,
      run: (signal) => eachTenant(deps, signal, 'retention.orphans_failed', orphans),
    },
  ];
}
