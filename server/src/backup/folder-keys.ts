// The secrets of a data folder in a backup: sealed under the master key, so that a stolen backup gives away none of them (AK2).
import type { DataFolder } from '../boot/boot.ts';
import type { MasterKeys } from '../vault/vault.ts';
import { BackupError } from './backup-error.ts';
import type { SealedKeys } from './contents.ts';

/** Every place that a master key wraps for is told apart by these words; a tenant's id is a UUID and never `-`. */
const PLACE = { tenantId: '-', keyId: 'backup', purpose: 'folder' } as const;
const DIGEST_PLACE = { tenantId: '-', keyId: 'backup', purpose: 'digest' } as const;
/** The master key is the operator's to carry; the passwords of the database's logins are made anew. */
const STAYS = /^(master|database)(-\d+)?$/;
const FILES = ['operator-key', 'first-key'];

interface FolderKeys {
  readonly secrets: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, string>>;
}

function isRecord(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');
}

export function sealFolderKeys(folder: DataFolder, master: MasterKeys): SealedKeys {
  const names = folder.secretNames().filter((name) => !STAYS.test(name));
  const keys: FolderKeys = {
    secrets: Object.fromEntries(names.map((name) => [name, Buffer.from(folder.secret(name)).toString('hex')])),
    files: Object.fromEntries(
      FILES.flatMap((name) => {
        const text = folder.read(name);
        return text === undefined ? [] : [[name, text]];
      }),
    ),
  };
  const { masterVersion, wrapped } = master.wrap(PLACE, Buffer.from(JSON.stringify(keys), 'utf8'));
  return { master_version: masterVersion, wrapped: Buffer.from(wrapped).toString('hex') };
}

/** Throws `backup_key` when the master key does not open them. */
export function openFolderKeys(sealed: SealedKeys, master: MasterKeys): FolderKeys {
  const plain = unwrap(PLACE, sealed, master);
  const keys: unknown = JSON.parse(Buffer.from(plain).toString('utf8'));
  const { secrets, files } = keys as Partial<FolderKeys>;
  if (!isRecord(secrets) || !isRecord(files))
    throw new BackupError('backup_damaged', 'the keys of the folder are not what they should be');
  return { secrets, files };
}

export function sealDigest(digest: string, master: MasterKeys): SealedKeys {
  const { masterVersion, wrapped } = master.wrap(DIGEST_PLACE, Buffer.from(digest, 'hex'));
  return { master_version: masterVersion, wrapped: Buffer.from(wrapped).toString('hex') };
}

/** The digest that the holder of the master key gave the backup. */
export function openDigest(sealed: SealedKeys, master: MasterKeys): string {
  return Buffer.from(unwrap(DIGEST_PLACE, sealed, master)).toString('hex');
}

function unwrap(place: typeof PLACE | typeof DIGEST_PLACE, sealed: SealedKeys, master: MasterKeys): Uint8Array {
  try {
    return master.unwrap(place, { masterVersion: sealed.master_version, wrapped: Buffer.from(sealed.wrapped, 'hex') });
  } catch (cause) {
    throw new BackupError('backup_key', 'the backup was not sealed by the master key that is here', cause);
  }
}

export function placeFolderKeys(folder: DataFolder, keys: FolderKeys): void {
  for (const [name, hex] of Object.entries(keys.secrets)) {
    if (STAYS.test(name)) throw new BackupError('backup_damaged', `a backup holds no secret named ${name}`);
    if (!folder.putSecret(name, Buffer.from(hex, 'hex')))
      throw new BackupError('target_taken', `the key ${name} that is here is not the one of the backup`);
  }
  for (const name of FILES) {
    const text = keys.files[name];
    if (text !== undefined) folder.write(name, text);
  }
}

/** Whether the folder holds keys of an installation; a master key may wait there for the restore. */
export function holdsKeys(folder: DataFolder): boolean {
  return (
    folder.secretNames().some((name) => !STAYS.test(name)) || FILES.some((name) => folder.read(name) !== undefined)
  );
}

export function dropFolderKeys(folder: DataFolder): void {
  for (const name of folder.secretNames()) if (!STAYS.test(name)) folder.dropSecret(name);
  for (const name of FILES) folder.remove(name);
}
