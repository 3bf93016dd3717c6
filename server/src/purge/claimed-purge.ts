// A purge while a node works at it, and what the node works with.
import type { BlobStore } from '../blobs/blobs.ts';
import type { Database } from '../db/db.ts';
import type { Signals } from '../events/events.ts';
import type { TenantId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { KeeperPrincipal } from '../principal.ts';
import type { OperatorRecord } from './operator-audit.ts';
import type { Progress, Step } from './progress.ts';

/** Where a test may stop time: before a step, or after a part of it was done. */
export type PurgePoint = `${Step}:before` | `${Step}:within`;

export interface PurgeDeps {
  /** Under the login `ops`, as the purger: reads and deletes inside one tenant. */
  readonly purger: Database;
  readonly blobs: BlobStore;
  /** Files of the database's own log, on this node. */
  readonly logFiles: readonly string[];
  /** Tells every node to drop what it holds of a tenant's keys. */
  readonly forgetKeys?: ((tenantId: TenantId) => Promise<void>) | undefined;
  /** 32 bytes of the key that signs certificates. */
  readonly signingSeed: Uint8Array;
  readonly version: string;
  readonly signals: Signals;
  readonly log: Log;
  readonly keeperOf: (tenantId: TenantId) => KeeperPrincipal;
  /** Writes a deletion down outside the database, where no restore can take it away (RT8). May be told one twice. */
  readonly ledger?: ((deletion: Deletion) => void) | undefined;
  readonly leaseMs?: number | undefined;
  /** Steps that are not done. Only the proof's own composition passes it (DEC-011): a deletion without one of its doors. */
  readonly leaveOut?: ReadonlySet<Step> | undefined;
  /** Awaited at each point; only tests pass it. */
  readonly reached?: ((point: PurgePoint) => Promise<void>) | undefined;
}

/** One line of the ledger. */
export interface Deletion {
  readonly tenant_id: string;
  readonly purge_id: string;
  readonly requested_at: string;
}

export interface ClaimedPurge {
  readonly id: string;
  readonly tenantId: TenantId;
  readonly keeper: KeeperPrincipal;
  readonly epoch: bigint;
  readonly requestedAt: Date;
  progress: Progress;
  /** Writes the progress down and holds the purge for longer. Throws when another node took it. */
  keep(progress: Partial<Progress>): Promise<void>;
  /** Appends to the operator's chain, once for each id. */
  record(record: OperatorRecord): Promise<void>;
}
