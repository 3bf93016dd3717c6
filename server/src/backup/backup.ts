// Owns the one file that an installation is saved in, and its way back: tables, bytes, the keys of the folder.
// Promises one moment of the database, digests over everything, nothing written for good before all of it was checked, and that a target
//   says that it is half restored until it is whole.
// Must never put the master key into a file unasked, nor into an installation that holds anything.
import { resolve } from 'node:path';
import {
  Begun,
  blobFolderOf,
  findMasterKeys,
  joinDatabaseServer,
  openBlobBackend,
  openDatabaseServer,
  openDataFolder,
  readMasterSecrets,
} from '../boot/boot.ts';
import type { Config } from '../config.ts';
import { recordOperatorAct } from '../db/db.ts';
import { newId } from '../ids.ts';
import type { Log } from '../log.ts';
import { operatorAct } from '../purge/purge.ts';
import { createMasterKeys, type MasterKeys } from '../vault/vault.ts';
import { type Aftermath, parseDeletions, settleRestored } from './after-restore.ts';
import { BackupError } from './backup-error.ts';
import { type Checked, readBackup } from './check-backup.ts';
import { type BackupMade, makeBackup } from './make-backup.ts';
import { demandKeys, demandKnownSchema, restoreBackup } from './restore-backup.ts';

export { BackupError, type BackupErrorCode } from './backup-error.ts';
export { type Checked, readBackup } from './check-backup.ts';
export type { BackupMade } from './make-backup.ts';

type Tell = (said: string) => void;

/** Of an installation that serves or is stopped. Throws `BackupError`, `EmbeddedError`, or a fault of the settings. */
export async function backUp(
  config: Config,
  log: Log,
  file: string,
  options: { readonly withMasterKey: boolean; readonly onProgress?: Tell | undefined },
): Promise<BackupMade> {
  const begun = new Begun();
  try {
    const folder = openDataFolder(config.dataDir, config.keyFolder);
    const master = findMasterKeys(config, folder);
    if (master === undefined) throw new BackupError('backup_key', `there is no master key in ${folder.path}`);
    const server = await joinDatabaseServer(config, folder, begun);
    return await makeBackup(
      {
        owner: server.owner,
        prefix: config.rolePrefix,
        folder,
        master,
        blobs: config.s3Bucket ?? (await openBlobBackend(config, begun, folder)),
        masterSecrets: options.withMasterKey ? readMasterSecrets(config, folder) : undefined,
        onProgress: options.onProgress,
      },
      resolve(file),
    );
  } finally {
    await begun.close(log);
  }
}

export interface RestoreOptions {
  /** Text of the ledger of deletions, of the installation that was lost. */
  readonly deletions?: string | undefined;
  /** Lets unfinished runs go on: only where the old installation never serves again. */
  readonly resumeRuns: boolean;
  readonly onProgress?: Tell | undefined;
}

export interface Restored extends Aftermath {
  readonly checked: Checked;
}

/** Into an empty data folder or an empty database, or once more into one that a killed restore left half done. */
export async function restore(config: Config, log: Log, file: string, options: RestoreOptions): Promise<Restored> {
  const checked = await readBackup(file);
  await demandKnownSchema(checked.head);
  const deletions = parseDeletions(options.deletions ?? '');
  const bucket = checked.head.blobs === 'here' ? undefined : checked.head.blobs;
  if (bucket !== undefined && bucket !== config.s3Bucket)
    throw new BackupError(
      'blobs_elsewhere',
      `the bytes of artifacts are in the bucket ${bucket}; set SALLYPORT_BLOBS=s3 and the bucket`,
    );
  const begun = new Begun();
  try {
    const folder = openDataFolder(config.dataDir, config.keyFolder);
    const master = demandKeys(checked, findMasterKeys(config, folder) ?? keysOf(checked));
    const server = await openDatabaseServer(config, folder, { own: true });
    begun.add(() => server.stop());
    const prefix = config.rolePrefix;
    let aftermath: Aftermath = { cancelled: 0, deleted: [] };
    await restoreBackup({
      ...{ file, checked, server, prefix, folder, master },
      blobs: await openBlobBackend(config, begun, folder),
      blobFolder: blobFolderOf(config, folder),
      sharedKeys: config.keyFolder !== undefined,
      onProgress: options.onProgress,
      after: async () => {
        for (const [version, secret] of config.masterKey === undefined ? (checked.masterSecrets ?? []) : [])
          folder.putSecret(`master-${version}`, secret);
        aftermath = await settleRestored({ server, prefix, master }, { deletions, resumeRuns: options.resumeRuns });
        const { digest } = checked.seal;
        const detail = {
          made_at: checked.head.made_at,
          cancelled: aftermath.cancelled,
          deleted: aftermath.deleted.length,
        };
        const act = operatorAct(newId(), 'installation.restored', { kind: 'backup', id: digest }, detail);
        await recordOperatorAct(server.owner, prefix, act);
      },
    });
    return { checked, ...aftermath };
  } finally {
    await begun.close(log);
  }
}

function keysOf({ masterSecrets }: Checked): MasterKeys | undefined {
  return masterSecrets === undefined ? undefined : createMasterKeys(() => masterSecrets);
}
