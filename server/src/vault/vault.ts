// Owns the data keys of tenants: made, wrapped by a master key that is outside the database, rotated, destroyed.
// Promises that what is sealed opens for its tenant, at its place, under its key, and nowhere else; keys are in memory for a minute at most.
// Must never write a key that is not wrapped, nor make a new one for a tenant whose keys were destroyed.
import type { Database, Keyring, Keys, Row, TenantScope, TenantTx } from '../db/db.ts';
import { asId, type TenantId } from '../ids.ts';
import type { TenantPrincipal } from '../principal.ts';
import { createKeyCache } from './key-cache.ts';
import { destroyKeys, type KeyRow, makeKeys, readKeys, retireKey, rewrapKey } from './key-rows.ts';
import { demandMasterKeys, type Fingerprint, type MasterKeys } from './master-keys.ts';
import { createKeyring, type KeyState, openKeyring, type TenantKey } from './tenant-keyring.ts';

export {
  createMasterKeys,
  demandMasterKeys,
  type Fingerprint,
  type MasterKeys,
  showFingerprint,
} from './master-keys.ts';

/** What the database room offers on its direct connection. */
export interface KeyListener {
  listen(channel: string, heard: (payload: string) => void): Promise<void>;
  notify(channel: string, payload: string): Promise<void>;
}

export interface VaultDoors {
  /** The inner door of stored bytes. Only a test or the proof's own composition removes it (DEC-011). */
  readonly sealing: boolean;
}

export interface VaultOptions {
  readonly master: MasterKeys;
  /** Without one, other processes learn of a change within a minute. */
  readonly listener?: KeyListener | undefined;
  readonly monotonic: () => number;
  readonly doors?: VaultDoors;
}

export interface MasterRotation {
  readonly db: Database;
  /** Acts inside one tenant. */
  readonly enter: (tenantId: TenantId) => TenantPrincipal;
  readonly onTenant?: (tenantId: TenantId, keys: number) => void;
}

/** What belongs to the act, in its transaction: the record of it. */
export type Also = (tx: TenantTx) => Promise<void>;

export interface Vault extends Keys {
  /** Wraps every key anew under the newest master key. May be ended anywhere and begun again; answers what this call wrapped. */
  rotateMaster(rotation: MasterRotation): Promise<{ readonly tenants: number; readonly keys: number }>;
  /** New content is sealed under a new key; what is sealed under older ones stays readable. */
  rotateTenantKey(db: Database, principal: TenantPrincipal, also?: Also): Promise<void>;
  /** Everything that was ever sealed for the tenant becomes unreadable. */
  destroyTenantKeys(db: Database, principal: TenantPrincipal, also?: Also): Promise<number>;
  /** Every process drops what it holds of the tenant's keys: their rows were deleted. */
  forget(tenantId: TenantId): Promise<void>;
}

const CHANNEL = 'sallyport_keys';
const TENANTS_AT_ONCE = 100;

export async function openVault(options: VaultOptions): Promise<Vault> {
  const { master, listener, doors = { sealing: true } } = options;
  const cache = createKeyCache(options.monotonic);
  // An empty payload says that the connection was lost: anything may have been missed.
  await listener?.listen(CHANNEL, (tenantId) => cache.drop(tenantId === '' ? undefined : tenantId));
  const changed = async (tenantId: string): Promise<void> => {
    cache.drop(tenantId);
    await listener?.notify(CHANNEL, tenantId);
  };
  const keyring = async (scope: TenantScope, own: TenantScope, wanted: readonly string[] = []): Promise<Keyring> => {
    if (!doors.sealing) return openKeyring();
    const known = cache.find(scope.tenantId);
    if (known !== undefined && wanted.every((keyId) => known.knows(keyId))) return known;
    const keep = cache.begin();
    const loaded = createKeyring(scope.tenantId, unwrapAll(master, scope.tenantId, await standingKeys(scope, own)));
    keep(scope.tenantId, loaded);
    return loaded;
  };
  /** Made in a transaction of its own: were it part of the caller's, a rollback would take the key and leave the cache. */
  const standingKeys = async (scope: TenantScope, own: TenantScope): Promise<KeyRow[]> => {
    const rows = await readKeys(scope);
    if (rows.length > 0) return rows;
    await makeKeys(own, master, ['content', 'index']);
    return readKeys(own);
  };
  return {
    keyring,
    rotateMaster: (rotation) => rotateMaster(master, rotation),
    rotateTenantKey: async (db, principal, also) => {
      const own = db.tenant(principal);
      await keyring(own, own);
      await db.atomic(principal, async (tx) => {
        await retireKey(tx, 'content');
        await makeKeys(tx, master, ['content']);
        await also?.(tx);
      });
      await changed(principal.tenantId);
    },
    destroyTenantKeys: async (db, principal, also) => {
      const count = await db.atomic(principal, async (tx) => {
        const destroyed = await destroyKeys(tx);
        await also?.(tx);
        return destroyed;
      });
      await changed(principal.tenantId);
      return count;
    },
    forget: changed,
  };
}

function unwrapAll(master: MasterKeys, tenantId: string, rows: readonly KeyRow[]): TenantKey[] {
  return rows
    .filter((row): row is KeyRow & { state: KeyState } => row.state !== 'destroyed')
    .map(({ keyId, purpose, state, ...wrapped }) => ({
      keyId,
      purpose,
      state,
      secret: master.unwrap({ tenantId, keyId, purpose }, wrapped),
    }));
}

async function rotateMaster(
  master: MasterKeys,
  { db, enter, onTenant }: MasterRotation,
): Promise<{ tenants: number; keys: number }> {
  master.reload();
  await registerMasterKey(db, master);
  let after: TenantId | null = null;
  let tenants = 0;
  let keys = 0;
  for (;;) {
    const found: TenantId[] = await db.system(
      'tenants_to_rewrap',
      [master.current, after, TENANTS_AT_ONCE],
      (row: Row) => asId<TenantId>(row.text('tenant_id')),
    );
    for (const tenantId of found) {
      const wrapped = await rewrapTenant(master, db.tenant(enter(tenantId)));
      tenants += 1;
      keys += wrapped;
      onTenant?.(tenantId, wrapped);
    }
    after = found.at(-1) ?? null;
    if (after === null) break;
  }
  await db.system('retire_master_keys', [master.current], () => null);
  return { tenants, keys };
}

async function rewrapTenant(master: MasterKeys, scope: TenantScope): Promise<number> {
  let wrapped = 0;
  for (const row of await readKeys(scope))
    if (row.state !== 'destroyed' && row.masterVersion !== master.current && (await rewrapKey(scope, master, row)))
      wrapped += 1;
  return wrapped;
}

/** Writes down the fingerprint of the newest master key; throws `configuration` when another key has that version. */
export async function registerMasterKey(db: Database, master: MasterKeys): Promise<void> {
  const version = master.current;
  const standing = await db.system('register_master_key', [version, master.fingerprint(version)], (row: Row) => ({
    version,
    fingerprint: row.bytes('fingerprint'),
  }));
  demandMasterKeys(master, standing);
}

/** At boot: the first key of a database is written down; a newer one that lies beside those that count waits for its rotation. */
export async function adoptMasterKeys(db: Database, master: MasterKeys): Promise<void> {
  const standing = await readFingerprints(db);
  if (standing.length === 0) await registerMasterKey(db, master);
  demandMasterKeys(master, standing);
  if (standing.length > 0) master.useUpTo(Math.max(...standing.map(({ version }) => version)));
}

/** The master keys that the database counts on. */
export function readFingerprints(db: Database): Promise<Fingerprint[]> {
  return db.system('master_keys', [], (row: Row) => ({
    version: row.int('version'),
    fingerprint: row.bytes('fingerprint'),
  }));
}
