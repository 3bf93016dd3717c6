// What the worker and its heartbeat thread agree on.
import type { ConnectOptions } from '../db/db.ts';
import type { WorkerId } from '../ids.ts';

export const LEASE_MS = 15_000;
export const RENEW_MS = 3_000;
/** A main thread that stands still this long is not renewed for: its runs go to somebody who moves. */
export const STALL_MS = 20_000;
/** And after this it is ended, so that it cannot wake up and act. */
export const END_MS = 30_000;

/** Places in the shared array, both monotonic milliseconds. */
export const ACKNOWLEDGED = 0;
export const BEAT = 1;

export interface HeartbeatPlan {
  readonly shared: BigInt64Array;
  readonly workerId: WorkerId;
  readonly connect: ConnectOptions;
  readonly rolePrefix: string;
}

export interface LeaseMessage {
  readonly lost: string;
}

/** Milliseconds of a clock that all threads of this process share and that nobody sets. */
export function monotonicMs(): bigint {
  return process.hrtime.bigint() / 1_000_000n;
}
