// What a restore owes before anybody may enter: what was deleted since is deleted again, and no run does again what it may have done.
import { createDatabase, type Database } from '../db/db.ts';
import { firstBootOperator, listTenants } from '../identity/identity.ts';
import { asId, isUuid, type RunId, type TenantId } from '../ids.ts';
import { requestPurge } from '../purge/purge.ts';
import { cancelRun, listRuns } from '../runs/runs.ts';
import { openVault } from '../vault/vault.ts';
import { keeperOf } from '../worker/worker.ts';
import { BackupError } from './backup-error.ts';
import type { RestoreGround } from './restore-backup.ts';

export interface Aftermath {
  readonly cancelled: number;
  /** Tenants that were deleted after the backup was made, and are being deleted again. */
  readonly deleted: readonly string[];
}

const PAGE = 100;
const OPEN = ['queued', 'running', 'waiting'] as const;
const REASON = 'restored from a backup';

/** The tenants that a ledger of deletions names: one JSON object a line. */
export function parseDeletions(text: string): ReadonlySet<string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return new Set(
    lines.map((line, at) => {
      try {
        const { tenant_id: id } = JSON.parse(line) as { tenant_id?: unknown };
        if (typeof id === 'string' && isUuid(id)) return id;
      } catch {
        // Said below.
      }
      throw new BackupError('not_a_backup', `line ${at + 1} of the deletions names no tenant`);
    }),
  );
}

export async function settleRestored(
  ground: Pick<RestoreGround, 'server' | 'prefix' | 'master'>,
  options: { readonly deletions: ReadonlySet<string>; readonly resumeRuns: boolean },
): Promise<Aftermath> {
  const vault = await openVault({ master: ground.master, monotonic: () => performance.now() });
  const db = createDatabase({
    connect: ground.server.direct('api'),
    keys: vault,
    prefix: ground.prefix,
    max: 2,
    onFault: () => undefined,
  });
  try {
    const deleted: string[] = [];
    let cancelled = 0;
    for await (const { tenant_id: id, name, state } of allTenants(db)) {
      if (state === 'deleting') continue;
      if (options.deletions.has(id)) {
        await requestPurge(db, firstBootOperator(), id, name);
        deleted.push(id);
      } else if (!options.resumeRuns) cancelled += await cancelOpenRuns(db, asId(id));
    }
    return { cancelled, deleted };
  } finally {
    await db.close();
  }
}

async function* allTenants(db: Database): AsyncGenerator<Awaited<ReturnType<typeof listTenants>>[number]> {
  let before: TenantId | undefined;
  for (;;) {
    const page = await listTenants(db, firstBootOperator(), { before, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    before = asId<TenantId>(last.tenant_id);
  }
}

async function cancelOpenRuns(db: Database, tenantId: TenantId): Promise<number> {
  const keeper = keeperOf(tenantId);
  let count = 0;
  for (const status of OPEN)
    for (;;) {
      const runs = await listRuns(db.tenant(keeper), { status, limit: PAGE });
      for (const run of runs) {
        const { cancelled } = await db.atomic(keeper, (tx) => cancelRun(tx, asId<RunId>(run.id), 'operator', REASON));
        if (cancelled) count++;
      }
      if (runs.length < PAGE) break;
    }
  return count;
}
