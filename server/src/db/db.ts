// Owns the way to the database: connections, the typed tag, the tenant wall, migrations. Sole importer of the driver.
// Promises that a statement reaches tenant tables only with its tenant, under a login that owns nothing.
// Must never open a session that sees all tenants, nor take a piece of SQL text from outside.
import type pg from 'pg';
import type { TenantPrincipal } from '../principal.ts';
import { type ConnectOptions, createPool, withClient } from './connection.ts';
import { Row } from './row.ts';
import {
  type Doors,
  type Keys,
  type ScopeContext,
  type TenantScope,
  type TenantTx,
  tenantScope,
  tenantTransaction,
} from './scope.ts';
import type { Rendered } from './sql.ts';
import { type DatabaseStanding, readStanding } from './standing.ts';

export { type ConnectOptions, settledOptions, sqlState, violatedConstraint } from './connection.ts';
export {
  absent,
  CONTENT_COLUMNS,
  type Content,
  type ContentColumn,
  type DigestUse,
  type Keyring,
  type Place,
} from './content.ts';
export {
  type AppliedMigration,
  type BlobPlace,
  clearTarget,
  type DatabaseLoad,
  type DatabaseSnapshot,
  markTarget,
  openLoad,
  openSnapshot,
  readTarget,
  recordOperatorAct,
  type Sequence,
  type TableShape,
  unmarkTarget,
} from './copy/copy.ts';
export { type DatabaseFacts, inspectDatabase } from './inspect.ts';
export { type DirectListener, holdAdvisoryLock, openListener } from './listener.ts';
export { ensureDatabase, listMigrations, type MigrateOptions, migrate } from './migrate.ts';
export { setLoginPasswords } from './roles.ts';
export { Row } from './row.ts';
export type { Doors, Keys, TenantScope, TenantTx } from './scope.ts';
export { type Rendered, type Statement, sql, type Wall } from './sql.ts';
export type { DatabaseStanding } from './standing.ts';
export { lockTenant } from './tenant-lock.ts';

/** The short list of cross-tenant functions; each has a role of its own in the database. */
const SYSTEM = {
  find_key:
    'select tenant_id, id, user_id, env, pepper_version, secret_hmac, scopes, status, exposed, expires_at, tenant_state, user_state, user_role, contracts_version from sys.find_key($1)',
  find_session:
    'select tenant_id, id, user_id, api_key_id, user_role, key_scopes, key_env, ended, expired, key_holds, tenant_state, user_state from sys.find_session($1)',
  find_memberships:
    'select tenant_id, user_id, user_role, tenant_state, user_state, denied from sys.find_memberships($1, $2, $3, $4, $5)',
  backed_up_at: 'select backed_up_at from sys.backed_up_at()',
  access_figures: 'select tenants, with_retention, idle_keys from sys.access_figures()',
  take_rates: 'select name, allowed, tat, taken_at from sys.take_rates($1, $2, $3)',
  sweep_rates: 'select swept from sys.sweep_rates()',
  create_tenant: 'select created_at from sys.create_tenant($1, $2)',
  list_tenants:
    'select tenant_id, name, state, created_at, key_max_age_seconds, key_limit from sys.list_tenants($1, $2)',
  get_tenant: 'select tenant_id, name, state, created_at, key_max_age_seconds, key_limit from sys.get_tenant($1)',
  change_tenant:
    'select tenant_id, name, state, created_at, key_max_age_seconds, key_limit from sys.change_tenant($1, $2, $3, $4, $5)',
  instance_get: 'select value from sys.instance_get($1)',
  instance_put: 'select value from sys.instance_put($1, $2)',
  create_setup_link: 'select expires_at from sys.create_setup_link($1, $2, $3, $4)',
  claim_setup_link: 'select tenant_id, user_id from sys.claim_setup_link($1)',
  audit_due: 'select tenant_id from sys.audit_due($1)',
  approvals_due: 'select tenant_id from sys.approvals_due($1)',
  find_billing_tenant: 'select tenant_id from sys.find_billing_tenant($1, $2)',
  link_billing_customer: 'select linked from sys.link_billing_customer($1, $2, $3)',
  draw_billing_ticket: 'select ticket, known from sys.draw_billing_ticket($1, $2)',
  park_billing_event: 'select parked from sys.park_billing_event($1, $2, $3, $4, $5)',
  master_keys: 'select version, fingerprint from sys.master_keys()',
  register_master_key: 'select fingerprint from sys.register_master_key($1, $2)',
  sweep_setup_links: 'select swept from sys.sweep_setup_links()',
  hold_key: 'select held from sys.hold_key($1, $2, $3, $4, $5)',
  holders_of: 'select host, newest, used from sys.holders_of($1, $2)',
  drop_holder: 'select dropped from sys.drop_holder($1)',
  tenants_to_rewrap: 'select tenant_id from sys.tenants_to_rewrap($1, $2, $3)',
  retire_master_keys: 'select version from sys.retire_master_keys($1)',
  claim_runs: 'select tenant_id, run_id, epoch, stalls from sys.claim_runs($1, $2)',
  register_worker: 'select number from sys.register_worker($1, $2, $3)',
  renew_worker: 'select renewed from sys.renew_worker($1, $2)',
  end_worker: 'select released from sys.end_worker($1)',
  figures: 'select queued, running, oldest_queued, workers, unsealed, sealing_lag_ms from sys.figures()',
  release_run: 'select released from sys.release_run($1, $2, $3)',
  tenants_after: 'select tenant_id from sys.tenants_after($1, $2)',
  halt_runs: 'select run_id from sys.halt_runs($1)',
  request_purge: 'select purge_id, known, named from sys.request_purge($1, $2, $3, $4, $5)',
  find_purge: 'select tenant_id, step, progress, certificate, requested_at, ended_at from sys.find_purge($1)',
  operator_audit_after: 'select seq, body, prev_hash, hash from sys.operator_audit_after($1, $2)',
  claim_purge: 'select id, tenant_id, step, epoch, progress, requested_at from sys.claim_purge($1)',
  advance_purge: 'select moved from sys.advance_purge($1, $2, $3, $4, $5)',
  record_purge: 'select recorded from sys.record_purge($1, $2, $3, $4, $5)',
  finish_purge: 'select moved from sys.finish_purge($1, $2, $3, $4, $5, $6)',
  forget_tenant: 'select forgotten from sys.forget_tenant($1)',
  purged_lately: 'select tenant_id from sys.purged_lately($1)',
} as const;

export type SystemFunction = keyof typeof SYSTEM;

export interface DatabaseOptions {
  readonly connect: ConnectOptions;
  /** Role prefix, as in `migrate`. */
  readonly prefix: string;
  readonly max: number;
  readonly onFault: (error: unknown) => void;
  /** The role of its scopes: `purger` reads, erases and deletes, and needs the login `ops`. */
  readonly enter?: 'tenant' | 'purger';
  /** Without it no content can be written, and none that is sealed can be read. */
  readonly keys?: Keys | undefined;
  readonly doors?: Doors;
  /** Sees each rendered statement before it is sent; tests put the parser gate here. */
  readonly onStatement?: ((rendered: Rendered) => void) | undefined;
}

export interface PoolUse {
  readonly total: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting: number;
}

export interface Database {
  tenant(principal: TenantPrincipal): TenantScope;
  atomic<T>(principal: TenantPrincipal, work: (tx: TenantTx) => Promise<T>): Promise<T>;
  system<T>(name: SystemFunction, values: readonly unknown[], read: (row: Row) => T): Promise<T[]>;
  ping(): Promise<void>;
  /** What the database says of our session and of its walls. */
  standing(): Promise<DatabaseStanding>;
  /** How the connections of this pool stand now. */
  use(): PoolUse;
  close(): Promise<void>;
}

export function createDatabase(options: DatabaseOptions): Database {
  const pool: pg.Pool = createPool(options.connect, options.max, options.onFault);
  const context: ScopeContext = {
    pool,
    keys: options.keys,
    tenantRole: `${options.prefix}_${options.enter ?? 'tenant'}`,
    doors: options.doors ?? { predicate: true },
    onStatement: options.onStatement,
  };
  return {
    tenant: (principal) => tenantScope(principal, context),
    atomic: (principal, work) => tenantTransaction(principal, context, work),
    system: (name, values, read) =>
      withClient(pool, async (client) => {
        const result = await client.query<Record<string, unknown>>(SYSTEM[name], [...values]);
        return result.rows.map((columns) => read(new Row(columns)));
      }),
    ping: () => withClient(pool, async (client) => void (await client.query('select 1'))),
    standing: () => readStanding(pool),
    use: () => ({ total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}
