// What a rotation stands on: the folder, the database that serves or is stopped, and the word of every node about the keys it holds.
import { setTimeout as delay } from 'node:timers/promises';
import {
  Begun,
  type DatabaseServer,
  type DataFolder,
  findMasterKeys,
  joinDatabaseServer,
  openDataFolder,
} from '../boot/boot.ts';
import type { Config } from '../config.ts';
import { createDatabase, type Database, openListener, type Row, recordOperatorAct } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { Log } from '../log.ts';
import { idFrom, operatorAct } from '../purge/purge.ts';
import { demandMasterKeys, type MasterKeys, openVault, readFingerprints, type Vault } from '../vault/vault.ts';
import { RotationError } from './rotation-error.ts';

export interface RotationOptions {
  readonly onProgress?: ((said: string) => void) | undefined;
  /** How long it waits for nodes that do not hold a new key yet. */
  readonly waitMs?: number | undefined;
}

export interface Ground extends RotationOptions {
  readonly config: Config;
  readonly folder: DataFolder;
  readonly server: DatabaseServer;
  readonly master: MasterKeys;
  readonly vault: Vault;
  readonly db: Database;
}

const WAIT_MS = 60_000;
const LOOK_MS = 250;
/** A node that was not heard of for so long is dead; each speaks every two seconds. */
const ALIVE_SECONDS = 15;

export async function withGround<T>(
  config: Config,
  log: Log,
  options: RotationOptions,
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const begun = new Begun();
  const onFault = (error: unknown): void => log.error('database.connection', {}, error);
  try {
    const folder = openDataFolder(config.dataDir, config.keyFolder);
    const server = await joinDatabaseServer(config, folder, begun);
    const master = findMasterKeys(config, folder);
    if (master === undefined) throw fault('configuration', { detail: `there is no master key in ${folder.path}` });
    const listener = await openListener(server.direct('api'), onFault);
    begun.add(() => listener.close());
    const vault = await openVault({ master, listener, monotonic: () => performance.now() });
    const connect = server.pooled('api');
    const db = createDatabase({ connect, keys: vault, prefix: config.rolePrefix, max: 2, onFault });
    begun.add(() => db.close());
    const standing = await readFingerprints(db);
    demandMasterKeys(master, standing);
    if (standing.length > 0) master.useUpTo(Math.max(...standing.map(({ version }) => version)));
    return await work({ ...options, config, folder, server, master, vault, db });
  } finally {
    await begun.close(log);
  }
}

interface Holder {
  readonly host: string;
  readonly newest: number;
  readonly used: number;
}

/** Waits until every node that is alive holds, or uses, this version. Throws `nodes_behind` and names those that do not. */
export async function demandHolders(
  ground: Ground,
  name: 'master' | 'links',
  version: number,
  what: 'newest' | 'used',
): Promise<void> {
  const until = performance.now() + (ground.waitMs ?? WAIT_MS);
  for (;;) {
    const holders = await ground.db.system(
      'holders_of',
      [name, ALIVE_SECONDS],
      (row: Row): Holder => ({ host: row.text('host'), newest: row.int('newest'), used: row.int('used') }),
    );
    const behind = holders.filter((holder) => holder[what] < version);
    if (behind.length === 0) return;
    if (performance.now() > until) {
      const hosts = [...new Set(behind.map(({ host }) => host))].join(', ');
      throw new RotationError(
        'nodes_behind',
        `${behind.length} of ${holders.length} nodes have no ${name} key ${version} yet (${hosts}): give them keys/${name}-${version}, then run this again; it goes on where it is`,
      );
    }
    await delay(LOOK_MS);
  }
}

/** In the operator's chain, once for each step of each rotation. */
export function recordRotation(
  { server, config }: Ground,
  key: string,
  step: 'begun' | 'done',
  detail: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const act = operatorAct(
    idFrom('rotation', key, step),
    'installation.key_rotated',
    { kind: 'key', id: key },
    { step, ...detail },
  );
  return recordOperatorAct(server.owner, config.rolePrefix, act);
}
