// Why a node cannot serve. Optional parts are not asked (S22).
import type { Database } from '../db/db.ts';
import type { DiskSpace } from './disk-space.ts';

export interface Reason {
  readonly code: string;
  readonly detail: string;
}

export function readinessOf(parts: {
  readonly api: Database;
  readonly disk: DiskSpace;
  readonly path: string;
  readonly alive: () => boolean;
}): () => Promise<Reason[]> {
  const { api, disk, path, alive } = parts;
  return async () => {
    const reasons: Reason[] = [];
    await api.ping().catch(() => reasons.push({ code: 'database', detail: 'The database does not answer.' }));
    if (await disk.full()) reasons.push({ code: 'disk_full', detail: `The disk of ${path} is nearly full.` });
    if (!alive()) reasons.push({ code: 'worker', detail: 'The worker has no lease.' });
    return reasons;
  };
}
