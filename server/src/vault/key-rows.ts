// The rows of `tenant_keys`: keys of one tenant, each wrapped by a master key.
import { randomBytes } from 'node:crypto';
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { type Id, newId } from '../ids.ts';
import { KEY_BYTES } from './cipher.ts';
import type { MasterKeys, WrappedKey } from './master-keys.ts';
import type { KeyPurpose, KeyState } from './tenant-keyring.ts';

export interface KeyRow extends WrappedKey {
  readonly keyId: string;
  readonly purpose: KeyPurpose;
  readonly state: KeyState | 'destroyed';
}

/** All keys of the tenant, oldest first; a destroyed one has no bytes. */
export async function readKeys(scope: TenantScope): Promise<KeyRow[]> {
  return scope.rows(
    sql`select k.key_id, k.purpose, k.state, k.master_version, k.wrapped from tenant_keys k where ${scope.mine('k')} order by k.created_at, k.key_id`,
    (row: Row) => ({
      keyId: row.text('key_id'),
      purpose: row.text('purpose') as KeyPurpose,
      state: row.text('state') as KeyRow['state'],
      masterVersion: row.int('master_version'),
      wrapped: row.bytesOrNull('wrapped') ?? new Uint8Array(),
    }),
  );
}

/** Makes a key for each purpose unless one is in use: of two that come at once the first wins. All in one statement, or none. */
export async function makeKeys(scope: TenantScope, master: MasterKeys, purposes: readonly KeyPurpose[]): Promise<void> {
  const made = purposes.map((purpose) => {
    const keyId = newId<Id<'tenant key'>>();
    return { keyId, purpose, ...master.wrap({ tenantId: scope.tenantId, keyId, purpose }, randomBytes(KEY_BYTES)) };
  });
  await scope.run(sql`insert into tenant_keys (tenant_id, key_id, purpose, version, wrapped, master_version, master_fingerprint)
    select ${scope.value}, n.key_id, n.purpose, 1, n.wrapped, n.master_version, n.fingerprint
    from unnest(${made.map((one) => one.keyId)}::text[], ${made.map((one) => one.purpose)}::text[], ${made.map((one) => one.wrapped)}::bytea[],
      ${made.map((one) => one.masterVersion)}::int[], ${made.map((one) => master.fingerprint(one.masterVersion))}::bytea[])
      as n(key_id, purpose, wrapped, master_version, fingerprint)
    on conflict do nothing`);
}

export async function retireKey(tx: TenantTx, purpose: KeyPurpose): Promise<void> {
  await tx.run(
    sql`update tenant_keys k set state = 'retired' where ${tx.mine('k')} and k.purpose = ${purpose} and k.state = 'active'`,
  );
}

/** Replaces the wrapping, unless somebody else has done so since it was read. */
export async function rewrapKey(scope: TenantScope, master: MasterKeys, row: KeyRow): Promise<boolean> {
  const place = { tenantId: scope.tenantId, keyId: row.keyId, purpose: row.purpose };
  const { masterVersion, wrapped } = master.wrap(place, master.unwrap(place, row));
  const changed = await scope.run(
    sql`update tenant_keys k set wrapped = ${wrapped}, master_version = ${masterVersion}, master_fingerprint = ${master.fingerprint(masterVersion)}
        where ${scope.mine('k')} and k.key_id = ${row.keyId} and k.wrapped = ${row.wrapped}`,
  );
  return changed === 1;
}

/** For ever: what was sealed under any key of the tenant cannot be read again. Answers how many keys there were. */
export async function destroyKeys(scope: TenantScope): Promise<number> {
  return scope.run(
    sql`update tenant_keys k set state = 'destroyed', wrapped = null, destroyed_at = clock_timestamp()
        where ${scope.mine('k')} and k.state <> 'destroyed'`,
  );
}
