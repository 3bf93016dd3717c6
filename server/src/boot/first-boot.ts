// The first boot of a database: the operator key, the first tenant with its owner, the owner's first key.
// Each is written to its file before the database calls it done, so that a start that was killed anywhere is finished by the next.
import { type ConnectOptions, type Database, holdAdvisoryLock } from '../db/db.ts';
import {
  createFirstTenant,
  createSetupToken,
  type Peppers,
  recordFirstBoot,
  standingFirstTenant,
  useOperatorKey,
} from '../identity/identity.ts';
import type { Log } from '../log.ts';
import type { DataFolder } from './place/data-folder.ts';

export const KEY_FILE = 'first-key';
const OPERATOR_FILE = 'operator-key';

export interface FirstBoot {
  readonly tenantId: string;
  /** On the boot that made it only. */
  readonly apiKey: string | undefined;
  /** A one-time sign-in token for the owner of the first tenant: 30 minutes, single use. */
  readonly setupToken: string;
}

const LOCK = { class: 21_021, object: 0 };

export interface BootingNode {
  readonly api: Database;
  /** For the lock: past any pooler. */
  readonly direct: ConnectOptions;
  readonly peppers: Peppers;
  readonly folder: DataFolder;
}

/** Of nodes that boot at once, one makes the keys and the others find them made. */
export async function finishFirstBoot(node: BootingNode, log: Log): Promise<FirstBoot> {
  const lock = await holdAdvisoryLock(node.direct, LOCK, () => undefined);
  try {
    return await bootAlone(node, log);
  } finally {
    await lock.release();
  }
}

async function bootAlone({ api: db, peppers, folder }: BootingNode, log: Log): Promise<FirstBoot> {
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
  for (const secret of [apiKey, setupToken]) if (secret !== undefined) log.register(secret);
  return { tenantId: plan.tenantId, apiKey, setupToken };
}

async function standOperatorKey(db: Database, peppers: Peppers, folder: DataFolder, log: Log): Promise<void> {
  const standing = folder.read(OPERATOR_FILE)?.trim();
  const text = await useOperatorKey(db, peppers, standing, (made) => folder.write(OPERATOR_FILE, `${made}\n`));
  for (const secret of [standing, text]) if (secret !== undefined) log.register(secret);
  // A node beside the one that booted first has none, and needs none.
  if (text === undefined && standing !== undefined)
    log.warn('boot.operator_key', {
      path: `${folder.path}/${OPERATOR_FILE}`,
      detail: 'the operator key of this folder is not the one of this database; tenants are made with that one',
    });
}
