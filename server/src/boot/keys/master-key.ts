// The master key at boot: found where the operator keeps it, or made once for a database that counts on none yet (S14).
import type { Config } from '../../config.ts';
import { fault } from '../../errors.ts';
import { createMasterKeys, type MasterKeys } from '../../vault/vault.ts';
import type { DataFolder } from '../place/data-folder.ts';

const STEM = 'master';

/** The master keys by version: those of the setting, or those of the folder. */
export function readMasterSecrets(config: Config, folder: DataFolder): ReadonlyMap<number, Uint8Array> {
  const { masterKey } = config;
  if (masterKey !== undefined) return new Map(masterKey.map((text, index) => [index + 1, Buffer.from(text, 'hex')]));
  return folder.secrets(STEM);
}

/** Undefined when there is none: neither in the setting nor in the folder. */
export function findMasterKeys(config: Config, folder: DataFolder): MasterKeys | undefined {
  const read = (): ReadonlyMap<number, Uint8Array> => readMasterSecrets(config, folder);
  return read().size === 0 ? undefined : createMasterKeys(read);
}

/** For a process that joins a server: it makes no key of its own. */
export function demandMasterKeyFile(config: Config, folder: DataFolder): MasterKeys {
  const found = findMasterKeys(config, folder);
  if (found === undefined)
    throw fault('configuration', {
      detail:
        'SALLYPORT_MASTER_KEY_FILE: missing; expected the master key of the server, for example the file keys/master-1 of its data folder',
    });
  return found;
}

/** Only for a database that counts on no master key: a new one in the place of a lost one would hide the loss. */
export function makeFirstMasterKey(folder: DataFolder): MasterKeys {
  folder.secret(`${STEM}-1`);
  return createMasterKeys(() => folder.secrets(STEM));
}
