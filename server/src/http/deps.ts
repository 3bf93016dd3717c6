// What the API is made of; the composition root hands it over.
import type { Posture } from '@sallyport/contracts';
import type { Billing } from '../billing/billing.ts';
import type { BlobStore } from '../blobs/blobs.ts';
import type { Database } from '../db/db.ts';
import type { EgressLists, EgressWays } from '../egress/egress.ts';
import type { Signals } from '../events/events.ts';
import type { Peppers, TokenIssuers } from '../identity/identity.ts';
import type { RateSettings } from '../limits/limits.ts';
import type { Links } from '../links/links.ts';
import type { Log } from '../log.ts';
import type { NodeMetrics } from '../metrics/metrics.ts';
import type { Skills } from '../skills/skills.ts';
import type { Traces } from '../traces/traces.ts';
import type { ConsoleFiles } from './console/console.ts';

export interface HttpDeps {
  /** Under the login of the API. */
  readonly db: Database;
  readonly peppers: Peppers;
  /** Whose tokens let people in. */
  readonly issuers: TokenIssuers;
  readonly rates: RateSettings;
  /** Where agents may go: for the advice that the API gives, and for what it shows of the deployment's own lists. */
  readonly egress: Pick<EgressWays, 'guard' | 'deployment'> & { readonly lists: EgressLists };
  readonly blobs: BlobStore;
  readonly links: Links;
  readonly skills: Skills;
  readonly models: {
    readonly names: readonly string[];
    readonly ruleBased: readonly string[];
    readonly fallback: string;
  };
  readonly signals: Signals;
  readonly console: ConsoleFiles;
  /** Undefined while billing is off. */
  readonly billing?: Billing | undefined;
  readonly log: Log;
  readonly listen: {
    readonly host: string;
    readonly port: number;
    readonly publicUrl: URL | undefined;
    readonly trustedProxies: readonly string[];
  };
  /** Undefined where they are not served. */
  readonly metrics?: NodeMetrics | undefined;
  /** Undefined where they are off. */
  readonly traces?: Traces | undefined;
  /** Asked before something new is begun. */
  readonly disk: { full(): Promise<boolean> };
  /** Where the deployment stands, judged anew at each question. */
  readonly posture: () => Promise<Posture>;
  /** Why the node is not ready; empty when it is. */
  readonly readiness: () => Promise<readonly { readonly code: string; readonly detail: string }[]>;
}
