// Owns the typed client of the HTTP API, for browsers and Node.js.
// Promises one error class, bounded retries of what may be repeated, and streams that lose and repeat nothing.
// Must never put a key into a URL, follow a redirect, or treat an unknown code, type or field as a fault.
import type { Me, Posture, Readiness, Session } from '@sallyport/contracts';
import { followLive, type LiveMessage, type LiveQuery } from './live-stream.ts';
import { type Actions, createActions } from './resources/actions.ts';
import { type Approvals, createApprovals } from './resources/approvals.ts';
import { type Artifacts, createArtifacts } from './resources/artifacts.ts';
import { type Audit, createAudit } from './resources/audit.ts';
import {
  createEntities,
  createKeys,
  createModels,
  createSkills,
  createTenants,
  type Entities,
  type Keys,
  type Models,
  type Skills,
  type Tenants,
} from './resources/catalogue.ts';
import {
  type BillingReader,
  type Budgets,
  createBilling,
  createBudgets,
  createRetention,
  createUsage,
  type RetentionRules,
  type Usage,
} from './resources/ledger.ts';
import { createRuns, type Runs } from './resources/runs.ts';
import { createUsers, type Users } from './resources/users.ts';
import { createEgress, createSecrets, type Egress, type Secrets } from './resources/ways-out.ts';
import { type ClientOptions, createTransport } from './transport.ts';

export type { FollowOptions } from './event-stream.ts';
export type { LiveMessage, LiveQuery } from './live-stream.ts';
export type { PageQuery } from './pages.ts';
export type { ApprovalQuery, Approvals } from './resources/approvals.ts';
export type { ArtifactQuery, Artifacts, Upload } from './resources/artifacts.ts';
export type { Audit, AuditQuery } from './resources/audit.ts';
export type { Entities, EntityQuery, Keys, Models, Skills, Tenants } from './resources/catalogue.ts';
export type { BillingReader, Budgets, Retention, RetentionRules, Usage, UsageSums } from './resources/ledger.ts';
export type { CreateRunOptions, EventsQuery, RunQuery, Runs } from './resources/runs.ts';
export type { Users } from './resources/users.ts';
export type { Egress, Secrets } from './resources/ways-out.ts';
export { type LocalCode, SallyportError } from './sallyport-error.ts';
export type { ClientOptions } from './transport.ts';

export interface Client {
  readonly runs: Runs;
  readonly actions: Actions;
  readonly approvals: Approvals;
  readonly artifacts: Artifacts;
  readonly entities: Entities;
  readonly keys: Keys;
  readonly users: Users;
  readonly tenants: Tenants;
  readonly skills: Skills;
  readonly models: Models;
  readonly audit: Audit;
  readonly usage: Usage;
  readonly budgets: Budgets;
  readonly billing: BillingReader;
  readonly retention: RetentionRules;
  readonly egress: Egress;
  readonly secrets: Secrets;
  readonly live: {
    /** Many runs, or word of every run, over one stream; reconnects by itself until it is aborted. */
    follow(query: LiveQuery): AsyncGenerator<LiveMessage>;
  };
  me(signal?: AbortSignal): Promise<Me>;
  /** Where the deployment stands; any good key may ask. */
  posture(signal?: AbortSignal): Promise<Posture>;
  /** Of a browser: the cookie is set, sent and kept by the browser alone. */
  readonly session: {
    /** Signs in by the token of a one-time link, or without one by the key of this client. A wrong, used or late token is `not_found`. */
    open(token?: string): Promise<void>;
    get(signal?: AbortSignal): Promise<Session>;
    end(): Promise<void>;
  };
  readonly health: {
    /** True while the process answers. */
    live(signal?: AbortSignal): Promise<boolean>;
    /** Whether it can take work, and the codes of what is in the way. */
    ready(signal?: AbortSignal): Promise<Readiness>;
  };
}

/**
 * A client of one server with one key. Does nothing until it is asked.
 *
 * @throws SallyportError `invalid_option` for a base URL or a key that cannot be one.
 * @example
 * const sallyport = createClient({ baseUrl: 'http://127.0.0.1:4600', apiKey });
 * const run = await sallyport.runs.create({
 *   skill: 'web-digest',
 *   task: 'What do these pages say?',
 *   input: { urls: ['https://example.com/'] },
 * });
 * for await (const event of sallyport.runs.follow(run.id)) show(event.seq, event.type);
 * const { status, result } = await sallyport.runs.get(run.id);
 */
export function createClient(options: ClientOptions): Client {
  const transport = createTransport(options);
  return {
    runs: createRuns(transport),
    actions: createActions(transport),
    approvals: createApprovals(transport),
    artifacts: createArtifacts(transport),
    entities: createEntities(transport),
    keys: createKeys(transport),
    users: createUsers(transport),
    tenants: createTenants(transport),
    skills: createSkills(transport),
    models: createModels(transport),
    audit: createAudit(transport),
    usage: createUsage(transport),
    budgets: createBudgets(transport),
    billing: createBilling(transport),
    retention: createRetention(transport),
    egress: createEgress(transport),
    secrets: createSecrets(transport),
    live: { follow: (query) => followLive(transport, query) },
    me: (signal) => transport.json('v1/me', { signal }),
    posture: (signal) => transport.json('v1/posture', { signal }),
    session: {
      open: (token) =>
        transport.json('v1/session', { method: 'POST', ...(token === undefined ? {} : { json: { token } }) }),
      get: (signal) => transport.json('v1/session', { signal }),
      end: () => transport.json('v1/session', { method: 'DELETE' }),
    },
    health: {
      live: async (signal) => {
        await transport.json('healthz', { signal, repeatable: false });
        return true;
      },
      ready: (signal) => transport.json('readyz', { signal, repeatable: false, alsoFine: [503] }),
    },
  };
}
