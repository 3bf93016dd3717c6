// Tenants with their first owner and key, as the operator makes and changes them; the one-time link (S7).
import { createHash, randomBytes } from 'node:crypto';
import type { CreatedTenant, SignInLink, Tenant, UpdateTenant } from '@sallyport/contracts';
import { SCOPES } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { type Database, type Row, sql } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, newId, type TenantId, type UserId } from '../ids.ts';
import { mintPrincipal, type OperatorPrincipal } from '../principal.ts';
import { createKey } from './keys/api-keys.ts';
import type { Peppers } from './keys/peppers.ts';

const LINK_SECONDS = 30 * 60;
const FIRST_KEY_SECONDS = 365 * 86_400;

export interface NewTenant extends CreatedTenant {
  readonly user_id: string;
}

/** Makes a tenant, its owner and the owner's first key. */
export async function createTenant(
  db: Database,
  peppers: Peppers,
  _operator: OperatorPrincipal,
  name: string,
): Promise<NewTenant> {
  const tenantId = newId<TenantId>();
  const userId = newId<UserId>();
  const made = await standTenant(db, peppers, { tenantId, userId }, name);
  return { ...(await getTenant(db, tenantId)), api_key: made.api_key, user_id: userId };
}

const readTenant = (row: Row): Tenant => ({
  tenant_id: row.text('tenant_id'),
  name: row.text('name'),
  state: row.text('state'),
  created_at: row.time('created_at').toISOString(),
  key_max_age: row.int('key_max_age_seconds'),
  key_limit: row.int('key_limit'),
});

export async function getTenant(db: Database, id: TenantId): Promise<Tenant> {
  const [tenant] = await db.system('get_tenant', [id], readTenant);
  if (tenant === undefined) throw fault('not_found');
  return tenant;
}

/**
 * Suspends, resumes or changes a tenant. The record comes first, in a transaction of its own, because the operator's act is outside the
 * tenant's wall: an act without its record there is none; a record whose act failed says so in a second one.
 */
export async function changeTenant(
  db: Database,
  _operator: OperatorPrincipal,
  id: TenantId,
  change: UpdateTenant & { readonly state?: 'active' | 'suspended' },
): Promise<Tenant> {
  const standing = await getTenant(db, id);
  if (standing.state === 'deleting')
    throw fault('conflict', { fields: [{ path: '', message: 'the tenant is being deleted' }] });
  const { name, state, key_max_age, key_limit } = change;
  const action = state === undefined ? 'tenant.changed' : state === 'active' ? 'tenant.resumed' : 'tenant.suspended';
  const act = { action, object: { kind: 'tenant', id } } as const;
  const setup = mintPrincipal({ kind: 'setup', tenantId: id });
  await db.atomic(setup, (tx) =>
    recordAct(tx, {
      ...act,
      detail: { renamed: name !== undefined, key_max_age: key_max_age ?? null, key_limit: key_limit ?? null },
    }),
  );
  const values = [id, name ?? null, state ?? null, key_max_age ?? null, key_limit ?? null];
  const [changed] = await db.system('change_tenant', values, readTenant);
  if (changed !== undefined) return changed;
  await db.atomic(setup, (tx) => recordAct(tx, { ...act, outcome: 'failed' }));
  throw fault('conflict');
}

/** Safe to repeat: what stands already is left, and the owner gets a fresh key. */
export async function standTenant(
  db: Database,
  peppers: Peppers,
  ids: { readonly tenantId: TenantId; readonly userId: UserId },
  name: string,
): Promise<{ readonly created_at: string; readonly api_key: string }> {
  const { tenantId, userId } = ids;
  const [createdAt] = await db.system('create_tenant', [tenantId, name], (row: Row) =>
    row.time('created_at').toISOString(),
  );
  if (createdAt === undefined) throw fault('internal', { detail: 'the tenant was not stored' });
  const setup = mintPrincipal({ kind: 'setup', tenantId });
  const key = await db.atomic(setup, async (tx) => {
    await tx.run(
      sql`insert into users (tenant_id, id, name, role) values (${tx.value}, ${userId}, ${'owner'}, ${'owner'}) on conflict do nothing`,
    );
    await recordAct(tx, { action: 'tenant.created', object: { kind: 'tenant', id: tenantId } });
    const owner = { userId, scopes: SCOPES, env: 'live' } as const;
    return createKey(tx, peppers, owner, { name: 'first key', expires_in: FIRST_KEY_SECONDS });
  });
  return { created_at: createdAt, api_key: key.api_key };
}

export async function listTenants(
  db: Database,
  _operator: OperatorPrincipal,
  page: { before?: TenantId | undefined; limit: number },
): Promise<Tenant[]> {
  return db.system('list_tenants', [page.before ?? null, page.limit], readTenant);
}

/** The operator of the process that made the database: first boot only, before any key exists. */
export function firstBootOperator(): OperatorPrincipal {
  return mintPrincipal({ kind: 'operator' });
}

function linkDigest(token: string): Uint8Array {
  return createHash('sha256').update(`sallyport.setup.v1\0${token}`, 'utf8').digest();
}

/** A one-time sign-in token of 256 bits for a tenant's owner; 30 minutes, single use; only its digest is stored. */
export async function createSetupToken(db: Database, tenantId: string, userId: string): Promise<string> {
  return (await createSignInLink(db, tenantId, userId)).token;
}

/** The same for any user. Whether the caller may, and that the user is one of the tenant, was decided before. */
export async function createSignInLink(db: Database, tenantId: string, userId: string): Promise<SignInLink> {
  const token = randomBytes(32).toString('base64url');
  const values = [linkDigest(token), tenantId, userId, LINK_SECONDS];
  const [end] = await db.system('create_setup_link', values, (row: Row) => row.time('expires_at').toISOString());
  if (end === undefined) throw fault('internal', { detail: 'the link was not stored' });
  return { token, expires_at: end };
}

/** Uses the token up and answers whose it was. Any second claim is a missing thing, like every wrong token. */
export async function claimSetupToken(
  db: Database,
  token: string,
): Promise<{ readonly tenantId: TenantId; readonly userId: UserId }> {
  const [owner] = await db.system('claim_setup_link', [linkDigest(token)], (row: Row) => ({
    tenantId: asId<TenantId>(row.text('tenant_id')),
    userId: asId<UserId>(row.text('user_id')),
  }));
  if (owner === undefined) throw fault('not_found');
  return owner;
}
