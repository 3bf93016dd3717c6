// The figures of the whole deployment, in one question to the database.
import type { Database, Row } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { Figures } from '../metrics/metrics.ts';

/** RFC 9562 section 5.7: the first 48 bits of a UUIDv7 are Unix milliseconds. */
function timeOf(uuid: string): number {
  return Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);
}

export async function readFigures(db: Database, now: () => number): Promise<Figures> {
  const [figures] = await db.system('figures', [], (row: Row) => {
    const oldest = row.textOrNull('oldest_queued');
    return {
      queued: Number(row.bigint('queued')),
      running: Number(row.bigint('running')),
      oldestQueuedSeconds: oldest === null ? 0 : Math.max(0, (now() - timeOf(oldest)) / 1_000),
      workers: Number(row.bigint('workers')),
      unsealed: Number(row.bigint('unsealed')),
      sealingLagSeconds: Number(row.bigint('sealing_lag_ms')) / 1_000,
    };
  });
  if (figures === undefined) throw fault('internal', { detail: 'the database gave no figures' });
  return figures;
}

/** Of tenants that are active: how many, how many chose how long data is kept, and keys that work and were not used for 90 days. */
export interface AccessFigures {
  readonly tenants: number;
  readonly withRetention: number;
  readonly idleKeys: number;
}

export async function readAccess(db: Database): Promise<AccessFigures> {
  const [figures] = await db.system('access_figures', [], (row: Row) => ({
    tenants: Number(row.bigint('tenants')),
    withRetention: Number(row.bigint('with_retention')),
    idleKeys: Number(row.bigint('idle_keys')),
  }));
  if (figures === undefined) throw fault('internal', { detail: 'the database gave no figures' });
  return figures;
}

/** Of the newest backup that the operator's chain tells of, in hours; null when it tells of none. */
export async function readBackupAge(db: Database, now: () => number): Promise<number | null> {
  const [at] = await db.system('backed_up_at', [], (row: Row) => row.timeOrNull('backed_up_at'));
  return at === undefined || at === null ? null : Math.max(0, (now() - at.getTime()) / 3_600_000);
}
