// Every table that holds rows of a tenant, in the order in which it is emptied: what refers to another comes before it.
// A table that is not here fails a test, and so does one that stands in the wrong place (RT5).
import { type Row, type Statement, sql, type TenantScope } from '../db/db.ts';

const TABLES = {
  audit_unsealed: sql`audit_unsealed`,
  audit_chain: sql`audit_chain`,
  audit: sql`audit`,
  billing_balances: sql`billing_balances`,
  billing_subscriptions: sql`billing_subscriptions`,
  billing_transitions: sql`billing_transitions`,
  billing_events: sql`billing_events`,
  billing_customers: sql`billing_customers`,
  usage: sql`usage`,
  budget_holds: sql`budget_holds`,
  budget_periods: sql`budget_periods`,
  budgets: sql`budgets`,
  idempotency: sql`idempotency`,
  secrets: sql`secrets`,
  egress_use: sql`egress_use`,
  egress_limits: sql`egress_limits`,
  egress_policies: sql`egress_policies`,
  retention_policies: sql`retention_policies`,
  erasures: sql`erasures`,
  egress_decisions: sql`egress_decisions`,
  approval_seats: sql`approval_seats`,
  approvals: sql`approvals`,
  approval_policies: sql`approval_policies`,
  entity_types: sql`entity_types`,
  actions: sql`actions`,
  skills: sql`skills`,
  entities: sql`entities`,
  artifact_links: sql`artifact_links`,
  link_epochs: sql`link_epochs`,
  artifacts: sql`artifacts`,
  reservations: sql`reservations`,
  effects: sql`effects`,
  events: sql`events`,
  runs: sql`runs`,
  sessions: sql`sessions`,
  token_denials: sql`token_denials`,
  identities: sql`identities`,
  api_keys: sql`api_keys`,
  users: sql`users`,
  tenant_keys: sql`tenant_keys`,
  tenants: sql`tenants`,
} satisfies Record<string, Statement<'open'>>;

export type StoreName = keyof typeof TABLES;

export const STORES = Object.keys(TABLES) as StoreName[];
/** Emptied in steps of their own, after everything else: the keys, without which a backup cannot be read, and the tenant. */
export const LAST: ReadonlySet<StoreName> = new Set<StoreName>(['tenant_keys', 'tenants']);

/** Tables of schema sys that name a tenant: the first two are emptied by `sys.forget_tenant`, the rest stay as the operator's. */
export const OPERATOR_STORES: Readonly<Record<string, 'forgotten' | 'kept'>> = {
  setup_links: 'forgotten',
  instance: 'forgotten',
  purges: 'kept',
  operator_audit: 'kept',
};

const BATCH = 1_000;

export interface Inventory {
  readonly found: number;
  readonly digest: string;
}

/** How many rows a tenant has in a store. */
export async function countStore(scope: TenantScope, name: StoreName): Promise<number> {
  const count = await scope.first(
    sql`select count(1) as n from ${sql.pick(name, TABLES)} t where ${scope.mine('t')}`,
    (row: Row) => Number(row.bigint('n')),
  );
  return count ?? 0;
}

/**
 * Count and digest of a store: four sums over the digests of its rows, which no order of reading changes.
 * The words of each row are summed, so that one pass in constant memory is enough for a store of any size.
 */
export async function inventoryStore(
  scope: TenantScope,
  name: StoreName,
  digest: (text: string) => string,
): Promise<Inventory> {
  const sums = await scope.first(
    sql`select count(1) as n,
          coalesce(sum(('x' || substr(h.x, 1, 15))::bit(60)::bigint), 0)::text as a, coalesce(sum(('x' || substr(h.x, 16, 15))::bit(60)::bigint), 0)::text as b,
          coalesce(sum(('x' || substr(h.x, 31, 15))::bit(60)::bigint), 0)::text as c, coalesce(sum(('x' || substr(h.x, 46, 15))::bit(60)::bigint), 0)::text as d
        from (select encode(sha256(convert_to(t::text, 'UTF8')), 'hex') as x from ${sql.pick(name, TABLES)} t where ${scope.mine('t')}) h`,
    (row: Row) => ({
      found: Number(row.bigint('n')),
      text: [row.text('a'), row.text('b'), row.text('c'), row.text('d')].join(' '),
    }),
  );
  const { found, text } = sums ?? { found: 0, text: '' };
  return { found, digest: digest(`sallyport.store.v1\0${name}\0${found}\0${text}`) };
}

/** Deletes at most one batch; answers how many rows went. */
export function deleteBatch(scope: TenantScope, name: StoreName): Promise<number> {
  return scope.run(
    sql`delete from ${sql.pick(name, TABLES)} t where ${scope.mine('t')}
          and t.ctid = any(array(select s.ctid from ${sql.pick(name, TABLES)} s where ${scope.mine('s')} limit ${BATCH}))`,
  );
}
