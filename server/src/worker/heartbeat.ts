// What the worker and its heartbeat thread agree on.
import type { ConnectOptions } from '../db/db.ts';
import type { WorkerId } from '../ids.ts';

/** All in milliseconds. */
export interface LeaseTimes {
  /** How long the database believes in a worker that is silent. */
  readonly lease: number;
  readonly renew: number;
  /** Work ends here by itself, well before the database may give the runs away. */
  readonly localStop: number;
  /** A main thread that stands still this long is not renewed for: its runs go to somebody who moves. */
  readonly stall: number;
  /** And after this it is ended, so that it cannot wake up and act. */
  readonly end: number;
}

export const LEASE_TIMES: LeaseTimes = { lease: 15_000, renew: 3_000, localStop: 10_000, stall: 20_000, end: 30_000 };

/** Places in the shared array, both monotonic milliseconds. */
export const ACKNOWLEDGED = 0;
export const BEAT = 1;

export interface HeartbeatPlan {
  readonly shared: BigInt64Array;
  readonly workerId: WorkerId;
  readonly connect: ConnectOptions;
  readonly rolePrefix: string;
  readonly times: LeaseTimes;
}

export interface LeaseMessage {
  readonly lost: string;
}

/** Milliseconds of a clock that all threads of this process share and that nobody sets. */
export function monotonicMs(): bigint {
  return process.hrtime.bigint() / 1_000_000n;
}
