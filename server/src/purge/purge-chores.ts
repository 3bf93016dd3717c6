// The chores of a node that may purge: go on with what is due, and look once more after what was purged lately.
import type { Row } from '../db/db.ts';
import { asId, type TenantId } from '../ids.ts';
import type { PurgeDeps } from './claimed-purge.ts';
import { workPurges } from './work-purges.ts';

interface Chore {
  readonly name: string;
  readonly everyMs: number;
  readonly everywhere?: boolean;
  run(signal: AbortSignal): Promise<void>;
}

const LOOK_EVERY_MS = 1_000;
const AFTERCARE_EVERY_MS = 10 * 60_000;
const AFTERCARE_HOURS = 24;

export function purgeChores(deps: PurgeDeps): readonly Chore[] {
  return [
    {
      name: 'purge.work',
      everyMs: LOOK_EVERY_MS,
      everywhere: true,
      run: async (signal) => {
        while (!signal.aborted && (await workPurges(deps, signal)));
      },
    },
    {
      // Bytes go to the store before their row: a writer that began before the closing may have put some down after the re-scan.
      name: 'purge.aftercare',
      everyMs: AFTERCARE_EVERY_MS,
      run: async () => {
        const lately = await deps.purger.system('purged_lately', [AFTERCARE_HOURS], (row: Row) =>
          asId<TenantId>(row.text('tenant_id')),
        );
        for (const tenantId of lately) {
          const count = await deps.blobs.clear(deps.purger.tenant(deps.keeperOf(tenantId)));
          if (count > 0) deps.log.warn('purge.late_bytes', { tenant_id: tenantId, count });
        }
      },
    },
  ];
}
