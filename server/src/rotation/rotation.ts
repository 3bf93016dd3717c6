// Owns the replacement of keys while nodes serve: master key, a tenant's data key, the key that signs links, passwords of the database.
// Promises that a new key is used by nobody before every living node holds it, that what the old one made stays good as long as it must, and
//   that a rotation which was killed goes on where it was when it is asked for again.
// Must never delete an old master key: backups that were made before count on it.
import { randomBytes } from 'node:crypto';
import { recordAct } from '../audit/audit.ts';
import { LINK_KEYS } from '../boot/boot.ts';
import type { Config } from '../config.ts';
import type { Row } from '../db/db.ts';
import { asId, isUuid, type TenantId } from '../ids.ts';
import type { Log } from '../log.ts';
import { readFingerprints, registerMasterKey } from '../vault/vault.ts';
import { keeperOf } from '../worker/worker.ts';
import { demandHolders, type Ground, type RotationOptions, recordRotation, withGround } from './ground.ts';
import { RotationError } from './rotation-error.ts';

export type { RotationOptions } from './ground.ts';
export { RotationError, type RotationErrorCode } from './rotation-error.ts';

export interface MasterRotated {
  readonly version: number;
  readonly tenants: number;
  readonly keys: number;
}

/** Every key of every tenant is wrapped anew; no content is touched. */
export function rotateMaster(config: Config, log: Log, options: RotationOptions = {}): Promise<MasterRotated> {
  return withGround(config, log, options, async (ground) => {
    const { db, master, vault, onProgress } = ground;
    const version = await nextMaster(ground);
    await recordRotation(ground, `master-${version}`, 'begun');
    onProgress?.(`master key ${version} is here; waiting for every node to hold it`);
    await demandHolders(ground, 'master', version, 'newest');
    master.reload();
    master.useUpTo(version);
    await registerMasterKey(db, master);
    onProgress?.(`it counts from now on; waiting for every node to use it`);
    await demandHolders(ground, 'master', version, 'used');
    let tenants = 0;
    const done = await vault.rotateMaster({
      db,
      enter: keeperOf,
      onTenant: () => onProgress?.(`tenant ${++tenants} is wrapped anew`),
    });
    await recordRotation(ground, `master-${version}`, 'done', done);
    return { version, ...done };
  });
}

/** The version that is to count: one whose rotation was killed, one that was put beside the others, or a new one. */
async function nextMaster({ config, db, folder, master }: Ground): Promise<number> {
  const standing = await readFingerprints(db);
  const used = Math.max(0, ...standing.map(({ version }) => version));
  const open = await db.system('tenants_to_rewrap', [used, null, 1], (row: Row) => row.text('tenant_id'));
  if (master.newest > used) return master.newest;
  if (used > 0 && (standing.length > 1 || open.length > 0)) return used;
  if (config.masterKey !== undefined)
    throw new RotationError(
      'no_new_key',
      `SALLYPORT_MASTER_KEY holds no key after version ${master.newest}: add one behind it, on a line of its own, on every node, start them again one by one, then run this again`,
    );
  folder.putSecret(`master-${used + 1}`, randomBytes(32));
  master.reload();
  return used + 1;
}

/** New content of the tenant is sealed under a new key; what is there stays readable under the old one. */
export function rotateTenant(config: Config, log: Log, id: string, options: RotationOptions = {}): Promise<void> {
  return withGround(config, log, options, async ({ db, vault }) => {
    const [tenant] = isUuid(id) ? await db.system('get_tenant', [id], (row: Row) => row.text('state')) : [];
    if (tenant === undefined || tenant === 'deleting')
      throw new RotationError('unknown_tenant', `there is no tenant ${id}`);
    const tenantId = asId<TenantId>(id);
    await vault.rotateTenantKey(db, keeperOf(tenantId), (tx) =>
      recordAct(tx, { action: 'tenant.key_rotated', object: { kind: 'tenant', id }, detail: { by: 'operator' } }),
    );
  });
}

/** The new key signs from now on; links that the old one signed live out their hour. */
export function rotateLinks(config: Config, log: Log, options: RotationOptions = {}): Promise<{ version: number }> {
  return withGround(config, log, options, async (ground) => {
    const { db, folder, onProgress } = ground;
    const counts = (version: number): Promise<boolean[]> =>
      db.system('instance_get', [`${LINK_KEYS}:${version}`], () => true);
    const held = Math.max(1, ...folder.secrets(LINK_KEYS).keys());
    const waiting = held > 1 && (await counts(held)).length === 0;
    const version = waiting ? held : held + 1;
    if (!waiting) folder.putSecret(`${LINK_KEYS}-${version}`, randomBytes(32));
    await recordRotation(ground, `links-${version}`, 'begun');
    onProgress?.(`link key ${version} is here; waiting for every node to hold it`);
    await demandHolders(ground, 'links', version, 'newest');
    await db.system('instance_put', [`${LINK_KEYS}:${version}`, Buffer.from(new Date().toISOString())], () => null);
    await demandHolders(ground, 'links', version, 'used');
    await recordRotation(ground, `links-${version}`, 'done');
    return { version };
  });
}

/** New passwords of the logins. Sessions that are open stay; each new one takes the new password. */
export function rotateDatabase(config: Config, log: Log, options: RotationOptions = {}): Promise<void> {
  return withGround(config, log, options, async (ground) => {
    if (!(await ground.server.renewPasswords()))
      throw new RotationError(
        'nothing_to_rotate',
        'nobody enters this database by a password: the operating system says who may',
      );
    await recordRotation(ground, `database-${new Date().toISOString()}`, 'done');
  });
}
