// Puts a backup into an empty place. The file is read twice: once to believe it, once to use it, and compared again while it is used.
import { once } from 'node:events';
import { readdir, rm } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import type { BlobBackend } from '../blobs/blobs.ts';
import type { DatabaseServer, DataFolder } from '../boot/boot.ts';
import {
  clearTarget,
  type DatabaseLoad,
  listMigrations,
  markTarget,
  openLoad,
  readTarget,
  type TableShape,
  unmarkTarget,
} from '../db/db.ts';
import type { MasterKeys } from '../vault/vault.ts';
import { BackupError } from './backup-error.ts';
import { type Checked, readBackup } from './check-backup.ts';
import type { Head } from './contents.ts';
import { dropFolderKeys, holdsKeys, openDigest, openFolderKeys, placeFolderKeys } from './folder-keys.ts';

export interface RestoreGround {
  readonly file: string;
  readonly checked: Checked;
  readonly server: DatabaseServer;
  readonly prefix: string;
  readonly folder: DataFolder;
  readonly master: MasterKeys;
  readonly blobs: BlobBackend;
  /** Where local bytes rest. */
  readonly blobFolder: string;
  /** The folder of keys is shared by nodes, and the operator's own. */
  readonly sharedKeys: boolean;
  /** What belongs to a restore once everything is there and before anybody may enter. */
  readonly after: () => Promise<void>;
  readonly onProgress?: ((said: string) => void) | undefined;
}

/** Throws `backup_foreign` or `backup_newer` for a schema that this release cannot make. */
export async function demandKnownSchema(head: Head): Promise<void> {
  const known = await listMigrations();
  const newest = head.migrations.at(-1);
  for (const { version, name, sha256 } of head.migrations) {
    const ours = known.find((migration) => migration.version === version);
    if (ours === undefined)
      throw new BackupError(
        'backup_newer',
        `the backup stands at migration ${newest?.version} of release ${newest?.release ?? head.release}; this release knows ${known.at(-1)?.version}: restore with ${head.release} or a later one`,
      );
    if (ours.digest !== sha256)
      throw new BackupError(
        'backup_foreign',
        `the backup was made of another migration ${name} than that of this release`,
      );
  }
}

/** Throws `backup_key`, with both fingerprints, unless every master key that the backup counts on is here; then proves its seal. */
export function demandKeys({ head, seal, keys }: Checked, master: MasterKeys | undefined): MasterKeys {
  for (const { version, fingerprint } of head.master_keys) {
    const held = fingerprintOf(master, version);
    if (held !== fingerprint)
      throw new BackupError(
        'backup_key',
        `the backup counts on master key ${version} with fingerprint ${fingerprint.slice(0, 16)}; the one here has ${held?.slice(0, 16) ?? 'none'}: put it into keys/master-${version} of the data folder (mode 600), or set SALLYPORT_MASTER_KEY_FILE`,
      );
  }
  if (master === undefined) throw new BackupError('backup_key', 'there is no master key here');
  if (openDigest(seal, master) !== seal.digest)
    throw new BackupError('backup_damaged', 'the seal of the backup belongs to another file');
  openFolderKeys(keys, master);
  return master;
}

function fingerprintOf(master: MasterKeys | undefined, version: number): string | undefined {
  try {
    return master === undefined ? undefined : Buffer.from(master.fingerprint(version)).toString('hex');
  } catch {
    return undefined;
  }
}

export async function restoreBackup(ground: RestoreGround): Promise<void> {
  const { server, prefix, folder, checked, onProgress } = ground;
  await server.prepare();
  const state = await readTarget(server.owner);
  if (state === 'taken')
    throw new BackupError('target_taken', 'the database holds an installation; restore into an empty one');
  if (state === 'empty') await demandEmptyFolder(ground);
  onProgress?.('the backup is whole, and the target is empty');
  await markTarget(server.owner, checked.seal.digest);
  if (state === 'half') {
    onProgress?.('a restore was not finished here: what it left is taken away');
    await clearTarget(server.owner, prefix);
    if (!ground.sharedKeys) dropFolderKeys(folder);
    await rm(ground.blobFolder, { recursive: true, force: true });
  }
  await server.migrate({ upTo: checked.head.migrations.at(-1)?.version ?? 0, restoring: true });
  onProgress?.('the schema is made');
  await loadAll(ground);
  onProgress?.('the tables are filled');
  placeFolderKeys(folder, openFolderKeys(checked.keys, ground.master));
  onProgress?.('the keys are placed');
  await server.migrate({ restoring: true });
  await ground.after();
  onProgress?.('what was open is settled');
  await unmarkTarget(server.owner);
}

async function demandEmptyFolder({ folder, blobFolder, sharedKeys }: RestoreGround): Promise<void> {
  const blobs = await readdir(blobFolder).catch(() => []);
  if ((!sharedKeys && holdsKeys(folder)) || blobs.length > 0)
    throw new BackupError(
      'target_taken',
      `${folder.path} holds keys or artifacts of an installation; restore into another folder: --data DIR`,
    );
}

async function loadAll(ground: RestoreGround): Promise<void> {
  const { server, prefix, checked } = ground;
  const load = await openLoad(server.owner, prefix);
  try {
    await fillTables(ground, load);
    await load.setSequences(checked.end.sequences);
    await load.dropArtifacts(checked.end.gone);
    await load.endSignIns();
    // Before the commit: a database whose keys do not open is of no use to anybody.
    for await (const { masterVersion, wrapped, ...place } of load.tenantKeys())
      ground.master.unwrap(place, { masterVersion, wrapped });
    await load.commit();
  } finally {
    await load.close();
  }
}

async function fillTables({ file, checked, blobs, onProgress }: RestoreGround, load: DatabaseLoad): Promise<void> {
  const { head, end, seal } = checked;
  const shapes = new Map(load.tables.map((table) => [table.name, table]));
  for (const { name, columns } of head.tables)
    if (shapes.get(name)?.columns.toSorted().join() !== columns.toSorted().join())
      throw new BackupError('backup_foreign', `the table ${name} has other columns here`);
  const shapeOf = (name: string): TableShape => head.tables.find((table) => table.name === name) as TableShape;
  const rows = new Map<string, number>();
  let feed: Feed | undefined;
  const close = async (): Promise<void> => {
    if (feed === undefined) return;
    const { name } = feed;
    rows.set(name, await feed.end());
    onProgress?.(`${name}: ${rows.get(name)} rows`);
    feed = undefined;
  };
  const again = await readBackup(file, {
    table: async (name, part) => {
      if (feed?.name !== name) await close();
      feed ??= openFeed(load, shapeOf(name));
      for await (const chunk of part.content) await feed.push(chunk);
    },
    blob: async (place, { bytes, content }) => {
      await close();
      await blobs.put(place, content, { maxBytes: bytes });
    },
  });
  await close();
  const same = head.tables.every(({ name }) => (rows.get(name) ?? 0) === end.rows[name]);
  if (again.seal.digest !== seal.digest || !same)
    throw new BackupError('backup_damaged', 'the file was changed while it was restored');
  onProgress?.(`artifacts: ${end.blobs}, ${end.blob_bytes} bytes`);
}

interface Feed {
  readonly name: string;
  push(chunk: Uint8Array): Promise<void>;
  end(): Promise<number>;
}

/** One COPY for all parts of a table: a row may refer to another of its own table. */
function openFeed(load: DatabaseLoad, table: TableShape): Feed {
  const stream = new PassThrough();
  const done = load.fill(table, stream);
  // Whoever pushes or ends hears of it.
  done.catch(() => stream.destroy());
  return {
    name: table.name,
    push: async (chunk) => {
      if (!stream.write(chunk)) await Promise.race([once(stream, 'drain'), done]);
    },
    end: () => {
      stream.end();
      return done;
    },
  };
}
