// What is done at each step. Nothing here may rely on having been done once.
import { createHash } from 'node:crypto';
import { type Row, sql, sqlState } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, type RunId } from '../ids.ts';
import { buildCertificate, certificateDigest } from './certificate.ts';
import type { ClaimedPurge, PurgeDeps } from './claimed-purge.ts';
import { scanFiles } from './log-files.ts';
import { idFrom, operatorRecord } from './operator-audit.ts';
import type { Step } from './progress.ts';
import { countStore, deleteBatch, type Inventory, inventoryStore, LAST, STORES } from './stores.ts';
import { writeTombstones } from './tombstones.ts';

/** Answers the next step when it is not the one that follows. */
type Work = (deps: PurgeDeps, purge: ClaimedPurge, signal: AbortSignal) => Promise<Step | undefined>;

export const BLOBS = 'blobs';
const BLOB_BATCH = 200;
/** A delete that another row forbids: somebody wrote while we deleted. */
const FOREIGN_KEY = '23503';

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** No run is at work when it returns: the writers that came before the closing have committed, the rest is refused. */
const halt: Work = async (deps, purge) => {
  deps.ledger?.({ tenant_id: purge.tenantId, purge_id: purge.id, requested_at: purge.requestedAt.toISOString() });
  const halted = await deps.purger.system('halt_runs', [purge.tenantId], (row: Row) => asId<RunId>(row.text('run_id')));
  for (const id of halted) deps.signals.stopped(id);
  return undefined;
};

const inventory: Work = async (deps, purge) => {
  const scope = deps.purger.tenant(purge.keeper);
  const stores: Record<string, Inventory> = {};
  for (const name of STORES) {
    stores[name] = await inventoryStore(scope, name, sha256);
    await purge.keep({});
  }
  stores[BLOBS] = await inventoryBlobs(deps, purge);
  await deps.reached?.('inventory:within');
  purge.progress = { ...purge.progress, stores };
  return undefined;
};

async function inventoryBlobs(deps: PurgeDeps, purge: ClaimedPurge): Promise<Inventory> {
  let found = 0;
  const sums = [0n, 0n, 0n, 0n];
  for await (const id of deps.blobs.list(deps.purger.tenant(purge.keeper))) {
    found++;
    const words = sha256(`${purge.tenantId}\0${id}`);
    for (const [at, sum] of sums.entries()) sums[at] = sum + BigInt(`0x${words.slice(at * 15, at * 15 + 15)}`);
  }
  return { found, digest: sha256(`sallyport.store.v1\0${BLOBS}\0${found}\0${sums.join(' ')}`) };
}

const tombstones: Work = async (deps, purge) => {
  purge.progress = { ...purge.progress, tombstones: await writeTombstones(deps, purge) };
  return undefined;
};

const rows: Work = async (deps, purge, signal) => {
  const scope = deps.purger.tenant(purge.keeper);
  for (const name of STORES) {
    if (LAST.has(name)) continue;
    for (;;) {
      if (signal.aborted) return 'rows';
      const count = await deleteBatch(scope, name);
      if (count > 0) await purge.keep({ removed: purge.progress.removed + count });
      if (count === 0) break;
    }
    if (name === 'events') await deps.reached?.('rows:within');
  }
  await deps.purger.system('forget_tenant', [purge.tenantId], (row: Row) => row.int('forgotten'));
  return undefined;
};

const blobs: Work = async (deps, purge, signal) => {
  const scope = deps.purger.tenant(purge.keeper);
  let since = 0;
  let stopped = false;
  for await (const blobId of deps.blobs.list(scope)) {
    if (signal.aborted) return 'blobs';
    if (await deps.blobs.delete(scope, blobId)) since++;
    if (!stopped) await deps.reached?.('blobs:within');
    stopped = true;
    if (since < BLOB_BATCH) continue;
    await purge.keep({ removed: purge.progress.removed + since });
    since = 0;
  }
  // What the list does not show: halves of uploads, other versions.
  await deps.blobs.clear(scope);
  await purge.keep({ removed: purge.progress.removed + since });
  return undefined;
};

/** With its keys gone, what is left of the tenant's content in any place of this deployment cannot be opened; backups hold keys of their own. */
const keys: Work = async (deps, purge) => {
  const scope = deps.purger.tenant(purge.keeper);
  const ids = await scope.rows(
    sql`select k.key_id from tenant_keys k where ${scope.mine('k')} order by k.key_id`,
    (row: Row) => row.text('key_id'),
  );
  await purge.keep({ keys: [...new Set([...purge.progress.keys, ...ids])].sort() });
  await deps.reached?.('keys:within');
  while ((await deleteBatch(scope, 'tenant_keys')) > 0);
  await deps.forgetKeys?.(purge.tenantId);
  return undefined;
};

/** The last row. While anything refers to it the database refuses, and what came meanwhile is deleted first. */
const tenant: Work = async (deps, purge) => {
  try {
    await deleteBatch(deps.purger.tenant(purge.keeper), 'tenants');
    return undefined;
  } catch (error) {
    if (sqlState(error) === FOREIGN_KEY) return 'rows';
    throw error;
  }
};

/** Looks everywhere again. From here on no row can come: each refers, over others or itself, to the tenant's, which is gone. */
const scan: Work = async (deps, purge) => {
  const scope = deps.purger.tenant(purge.keeper);
  let left = 0;
  for (const name of STORES) left += await countStore(scope, name);
  const [forgotten] = await deps.purger.system('forget_tenant', [purge.tenantId], (row: Row) => row.int('forgotten'));
  const strays = await deps.blobs.clear(scope);
  const lines = await scanFiles(deps.logFiles, purge.tenantId);
  await deps.reached?.('scan:within');
  if (left + (forgotten ?? 0) + strays + lines === 0) return undefined;
  deps.log.warn('purge.found_again', { tenant_id: purge.tenantId, count: left + (forgotten ?? 0) + strays + lines });
  await purge.keep({ rescans: purge.progress.rescans + 1 });
  return left === 0 ? 'scan' : 'rows';
};

const certify: Work = async (deps, purge) => {
  const certificate = buildCertificate(deps, purge);
  const id = idFrom(purge.id, 'certificate');
  const record = operatorRecord(id, 'tenant.deleted', purge.id, {
    tenant_id: purge.tenantId,
    certificate: certificateDigest(certificate),
  });
  const moved = await deps.purger.system(
    'finish_purge',
    [purge.id, purge.epoch.toString(), JSON.stringify(certificate), record.id, record.body, record.digest],
    (row: Row) => row.bool('moved'),
  );
  if (moved.length === 0) throw fault('stale_epoch', { detail: `purge ${purge.id} was taken over` });
  return undefined;
};

const done: Work = async () => undefined;

export const WORK: Readonly<Record<Step, Work>> = {
  halt,
  inventory,
  tombstones,
  rows,
  blobs,
  keys,
  tenant,
  scan,
  certify,
  done,
};
