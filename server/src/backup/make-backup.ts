// Makes the file: tables of one moment, then the bytes that their rows name, then what only the holder of the master key can have written.
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BlobBackend } from '../blobs/blobs.ts';
import type { DataFolder } from '../boot/boot.ts';
import type { ConnectOptions } from '../db/db.ts';
import { type BlobPlace, type DatabaseSnapshot, openSnapshot, recordOperatorAct, type TableShape } from '../db/db.ts';
import { newId } from '../ids.ts';
import { operatorAct } from '../purge/purge.ts';
import { release } from '../release.ts';
import type { MasterKeys } from '../vault/vault.ts';
import { BackupError } from './backup-error.ts';
import { blobName, END, type End, FORMAT, HEAD, type Head, KEYS, MASTER, SEAL, tablePart } from './contents.ts';
import { sealDigest, sealFolderKeys } from './folder-keys.ts';
import { type ArchiveWriter, createArchiveWriter } from './write-archive.ts';

export interface BackupGround {
  readonly owner: ConnectOptions;
  readonly prefix: string;
  readonly folder: DataFolder;
  readonly master: MasterKeys;
  /** The bytes, or the name of the bucket in which they stay. */
  readonly blobs: BlobBackend | string;
  /** Only when it was asked for: whoever has the file then has everything. */
  readonly masterSecrets?: ReadonlyMap<number, Uint8Array> | undefined;
  readonly onProgress?: ((said: string) => void) | undefined;
}

export interface BackupMade {
  readonly digest: string;
  readonly bytes: number;
  readonly head: Head;
  readonly end: End;
}

const PART_BYTES = 4 * 1024 * 1024;
const MOST_GONE = 100_000;

/** Whole, under its name and for this user alone, or not there. Throws `file_exists`. */
export async function makeBackup(ground: BackupGround, file: string): Promise<BackupMade> {
  const aside = `${file}.${randomBytes(6).toString('hex')}.part`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    const made = await writeAll(ground, handle);
    await handle.sync();
    await handle.close();
    // No backup without its record: a copy of everything leaves the house.
    await recordOperatorAct(ground.owner, ground.prefix, recordOf(made, ground));
    await placeAt(aside, file);
    return made;
  } finally {
    await handle.close().catch(() => undefined);
    await rm(aside, { force: true });
  }
}

function recordOf({ digest, bytes, head, end }: BackupMade, ground: BackupGround): ReturnType<typeof operatorAct> {
  const detail = {
    bytes,
    tenants: head.tenants,
    blobs: end.blobs,
    master_key: ground.masterSecrets !== undefined,
  };
  return operatorAct(newId(), 'installation.backed_up', { kind: 'backup', id: digest }, detail);
}

async function placeAt(aside: string, file: string): Promise<void> {
  try {
    await link(aside, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new BackupError('file_exists', `${file} is there already; name another file`, cause);
  }
  const folder = await open(dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}

async function writeAll(ground: BackupGround, handle: FileHandle): Promise<BackupMade> {
  const madeAt = new Date();
  const snapshot = await openSnapshot(ground.owner, ground.prefix);
  try {
    const writer = createArchiveWriter(handle, Math.floor(madeAt.getTime() / 1_000));
    const head = headOf(snapshot, ground, madeAt);
    await writer.add(HEAD, `${JSON.stringify(head, null, 2)}\n`);
    const rows: Record<string, number> = {};
    for (const table of snapshot.tables) {
      rows[table.name] = await writeTable(snapshot, writer, table);
      ground.onProgress?.(`${table.name}: ${rows[table.name]} rows`);
    }
    const blobs = await writeBlobs(snapshot, writer, ground);
    await writer.add(KEYS, JSON.stringify(sealFolderKeys(ground.folder, ground.master)));
    if (ground.masterSecrets !== undefined) await writer.add(MASTER, masterText(ground.masterSecrets));
    const end: End = { rows, sequences: await snapshot.sequences(), ...blobs };
    await writer.add(END, JSON.stringify(end));
    const digest = await writer.closeLists();
    await writer.finish(SEAL, JSON.stringify({ digest, ...sealDigest(digest, ground.master) }));
    return { digest, bytes: writer.bytes, head, end };
  } finally {
    await snapshot.close();
  }
}

function masterText(secrets: ReadonlyMap<number, Uint8Array>): string {
  return JSON.stringify(Object.fromEntries([...secrets].map(([v, key]) => [v, Buffer.from(key).toString('hex')])));
}

function headOf(snapshot: DatabaseSnapshot, ground: BackupGround, madeAt: Date): Head {
  const { blobs, masterSecrets } = ground;
  const bucket = typeof blobs === 'string' ? blobs : undefined;
  const holds = [
    'every table of the database, of one moment; content is sealed per tenant',
    ...(bucket === undefined ? ['the bytes of every artifact, sealed per tenant'] : []),
    'the keys of the data folder but the master key, sealed under it',
    ...(masterSecrets === undefined ? [] : ['THE MASTER KEY IN CLEAR: whoever reads this file reads everything']),
  ];
  const lacks = [
    ...(masterSecrets === undefined
      ? ['the master key: keep it elsewhere; without it nothing here can be opened']
      : []),
    ...(bucket === undefined ? [] : [`the bytes of artifacts: they stay in the bucket ${bucket}`]),
    'settings, environment variables and certificates of the server',
    'passwords of the logins of the database: a restore makes new ones',
    `anything that was written after ${madeAt.toISOString()}`,
  ];
  return {
    sallyport_backup: FORMAT,
    made_at: madeAt.toISOString(),
    release: release(),
    tenants: snapshot.tenants,
    migrations: snapshot.migrations,
    master_keys: snapshot.masterKeys,
    tables: snapshot.tables,
    blobs: bucket ?? 'here',
    holds,
    lacks,
  };
}

async function writeTable(snapshot: DatabaseSnapshot, writer: ArchiveWriter, table: TableShape): Promise<number> {
  const rows = snapshot.rows(table);
  let part: Uint8Array[] = [];
  let bytes = 0;
  let parts = 0;
  const flush = async (): Promise<void> => {
    if (bytes === 0) return;
    parts++;
    await writer.add(tablePart(table.name, parts), Buffer.concat(part));
    part = [];
    bytes = 0;
  };
  for await (const chunk of rows) {
    part.push(chunk);
    bytes += chunk.length;
    if (bytes >= PART_BYTES) await flush();
  }
  await flush();
  return rows.rowCount;
}

type Blobs = Pick<End, 'blobs' | 'blob_bytes' | 'gone' | 'missing'>;

async function writeBlobs(snapshot: DatabaseSnapshot, writer: ArchiveWriter, ground: BackupGround): Promise<Blobs> {
  const backend = ground.blobs;
  const gone: BlobPlace[] = [];
  let [count, bytes, missing] = [0, 0, 0];
  if (typeof backend !== 'string') {
    for await (const place of snapshot.blobs()) {
      const found = await openBlob(backend, place);
      if (found !== undefined) {
        await writer.stream(blobName(place), found.size, found.content);
        count++;
        bytes += found.size;
      } else if (await snapshot.wanted(place)) missing++;
      else if (gone.push(place) > MOST_GONE)
        throw new BackupError('backup_truncated', 'too much is deleted while the backup is made; make it again');
    }
    ground.onProgress?.(`artifacts: ${count}, ${bytes} bytes`);
  }
  return { blobs: count, blob_bytes: bytes, gone, missing };
}

/** Reads the first chunk before anything is written of it: a file may go between the look and the reading. */
async function openBlob(
  backend: BlobBackend,
  place: BlobPlace,
): Promise<{ readonly size: number; readonly content: AsyncIterable<Uint8Array> } | undefined> {
  const found = await backend.get(place);
  if (found === undefined) return undefined;
  const chunks = found.content[Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    return { size: found.size, content: begunWith(first, chunks) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function* begunWith(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
}
