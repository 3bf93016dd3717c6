// What a run is driven with.
import type { EgressGuard } from '@sallyport/egress';
import type { PriceBook } from '../billing/billing.ts';
import type { BlobStore } from '../blobs/blobs.ts';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/db.ts';
import type { EgressWays } from '../egress/egress.ts';
import type { Signals } from '../events/events.ts';
import type { WorkerId } from '../ids.ts';
import type { Used } from '../limits/limits.ts';
import type { Log } from '../log.ts';
import type { DocumentParser } from '../parse/parse.ts';
import type { RunPrincipal } from '../principal.ts';
import type { RunWork } from '../runs/runs.ts';
import type { Skills } from '../skills/skills.ts';
import type { Tool } from '../tools/tools.ts';
import type { Traces } from '../traces/traces.ts';
import type { Models } from './models.ts';

/** Each may be removed by tests and proofs only (DEC-011); all stand in every shipped composition. */
export interface AgentDoors {
  /** Tools, counts and targets fixed before the first untrusted byte. */
  readonly grant: boolean;
  /** Targets stated by a person or minted by the platform. */
  readonly provenance: boolean;
  /** What is finished is replayed, not done again. Without it a worker begins from nothing. */
  readonly journal: boolean;
  /** A unique key is claimed before an effect. */
  readonly ledger: boolean;
  /** What people approved is compared with what is about to run. */
  readonly binding: boolean;
  /** An approval is spent in the transaction of the claim: once, for that digest, if those who gave it still may. */
  readonly spending: boolean;
}

export const ALL_DOORS: AgentDoors = {
  grant: true,
  provenance: true,
  journal: true,
  ledger: true,
  binding: true,
  spending: true,
};

export interface AgentDeps {
  /** Login of the worker. */
  readonly db: Database;
  readonly skills: Skills;
  readonly models: Models;
  /** Prices that begin on a day; a model that is not in it costs what its endpoint was configured with. */
  readonly prices?: PriceBook | undefined;
  readonly egress: EgressGuard;
  readonly reader?: EgressWays['reader'];
  /** The operator's lists; none unless told. */
  readonly egressLists?: EgressWays['deployment'];
  readonly parser: DocumentParser;
  readonly blobs: BlobStore;
  readonly signals: Signals;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined where they are off. */
  readonly traces?: Traces | undefined;
  readonly doors?: AgentDoors;
}

export interface Claim {
  readonly principal: RunPrincipal;
  readonly workerId: WorkerId;
  /** Takeovers from a dead worker since the run last got ahead. */
  readonly stalls: number;
}

/** The worker's hold on the run. */
export interface Hold {
  /** Aborts when the run is no longer this worker's. */
  readonly signal: AbortSignal;
  /** False when no call to the outside may begin: the lease may be another's by now. */
  readonly mayStart: () => boolean;
  /** True when the worker wants to give its runs back at the next boundary of a step. */
  readonly draining: () => boolean;
}

export interface DriveContext {
  readonly db: Database;
  readonly principal: RunPrincipal;
  readonly work: RunWork;
  readonly signal: AbortSignal;
  readonly mayStart: () => boolean;
  readonly prices: PriceBook | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** What the run has used so far, settled and lost. */
  readonly spent: () => Used;
  readonly spend: (more: Used) => void;
  /** Tools of this release and of this tenant. */
  readonly tools: readonly Tool[];
  /** Those of them that the grant of the run holds: the model is told of no other. */
  readonly granted: readonly Tool[];
  /** Milliseconds in which people were waited for: no budget pays for them. */
  readonly waitedMs: () => number;
  readonly waited: (ms: number) => void;
  /** The log of the run grew. */
  readonly touched: () => void;
}
