// The first boot of a database: the operator key, the first tenant with its owner, the owner's first key.
// Each is written to its file before the database calls it done, so that a start that was killed anywhere is finished by the next.
import type { Database } from '../db/db.ts';
import {
  createFirstTenant,
  createSetupToken,
  type Peppers,
  recordFirstBoot,
  standingFirstTenant,
  useOperatorKey,
} from '../identity/identity.ts';
import type { Log } from '../log.ts';
import type { DataFolder } from './data-folder.ts';

export const KEY_FILE = 'first-key';
const OPERATOR_FILE = 'operator-key';

export interface FirstBoot {
  readonly tenantId: string;
  /** On the boot that made it only. */
  readonly apiKey: string | undefined;
  /** A one-time sign-in token for the owner of the first tenant: 30 minutes, single use. */
  readonly setupToken: string;
}

export async function finishFirstBoot(
  db: Database,
  peppers: Peppers,
  folder: DataFolder,
  log: Log,
): Promise<FirstBoot> {
  await standOperatorKey(db, peppers, folder, log);
  const plan = await standingFirstTenant(db);
  let apiKey: string | undefined;
  if (!plan.done) {
    apiKey = await createFirstTenant(db, peppers, plan);
    folder.write(KEY_FILE, `${apiKey}\n`);
    await recordFirstBoot(db, plan);
    log.info('boot.first', { tenant_id: plan.tenantId });
  }
  const setupToken = await createSetupToken(db, plan.tenantId, plan.userId);
  return { tenantId: plan.tenantId, apiKey, setupToken };
}

async function standOperatorKey(db: Database, peppers: Peppers, folder: DataFolder, log: Log): Promise<void> {
  const standing = folder.read(OPERATOR_FILE)?.trim();
  const text = await useOperatorKey(db, peppers, standing, (made) => folder.write(OPERATOR_FILE, `${made}\n`));
  if (text === undefined)
    log.warn('boot.operator_key', {
      path: `${folder.path}/${OPERATOR_FILE}`,
      detail: 'the operator key of this folder is not the one of this database; tenants are made with that one',
    });
}
