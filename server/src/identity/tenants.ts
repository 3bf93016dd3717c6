// Tenants with their first owner and key; the operator that makes them; the one-time link (S7).
import { createHash, randomBytes } from 'node:crypto';
import type { CreatedTenant, Tenant } from '@sallyport/contracts';
import { SCOPES } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { type Database, type Row, sql } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, newId, type TenantId, type UserId } from '../ids.ts';
import { mintPrincipal, type OperatorPrincipal } from '../principal.ts';
import { createKey } from './api-keys.ts';
import type { ParsedKey } from './key-format.ts';
import type { Peppers } from './peppers.ts';

const LINK_SECONDS = 30 * 60;
export const OPERATOR_KEY = 'operator_key';

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
  return { tenant_id: tenantId, name, state: 'active', ...made, user_id: userId };
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
    return createKey(tx, peppers, { userId, scopes: SCOPES }, { name: 'first key', expires_in: 31_536_000 });
  });
  return { created_at: createdAt, api_key: key.api_key };
}

export async function listTenants(
  db: Database,
  _operator: OperatorPrincipal,
  page: { before?: TenantId | undefined; limit: number },
): Promise<Tenant[]> {
  return db.system('list_tenants', [page.before ?? null, page.limit], (row: Row) => ({
    tenant_id: row.text('tenant_id'),
    name: row.text('name'),
    state: row.text('state'),
    created_at: row.time('created_at').toISOString(),
  }));
}

/** The operator, when the key is the one of this database. */
export async function verifyOperator(
  db: Database,
  peppers: Peppers,
  parsed: ParsedKey,
): Promise<OperatorPrincipal | undefined> {
  const [value] = await db.system('instance_get', [OPERATOR_KEY], (row: Row) => row.bytes('value'));
  if (value === undefined) return undefined;
  const stored = JSON.parse(Buffer.from(value).toString('utf8')) as { keyId: string; pepper: number; digest: string };
  const genuine = peppers.matches(parsed.secret, stored.pepper, Buffer.from(stored.digest, 'hex'));
  return genuine && stored.keyId === parsed.keyId ? mintPrincipal({ kind: 'operator' }) : undefined;
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
  const token = randomBytes(32).toString('base64url');
  await db.system('create_setup_link', [linkDigest(token), tenantId, userId, LINK_SECONDS], (row: Row) =>
    row.time('expires_at'),
  );
  return token;
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
