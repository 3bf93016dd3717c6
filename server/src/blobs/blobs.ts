// Owns the bytes of artifacts at rest. The local store: one file a blob, written aside, fsynced, renamed.
// Promises that a blob is whole or not there, that no key leaves its tenant's folder, and that nothing is readable by others.
// Must never take a path from outside: a key is two UUIDs.
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isUuid } from '../ids.ts';

export interface BlobKey {
  readonly tenantId: string;
  readonly blobId: string;
}

export interface BlobStore {
  /** Stores a stream of at most `maxBytes`; throws `BlobError('too_large')` and leaves nothing behind. */
  put(
    key: BlobKey,
    source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    options: { readonly maxBytes: number },
  ): Promise<{ bytes: number; sha256: string }>;
  /** The bytes, or undefined when there are none. `end` is exclusive. */
  get(
    key: BlobKey,
    range?: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>;
  delete(key: BlobKey): Promise<boolean>;
  /** Ids of every blob of a tenant. */
  list(tenantId: string): AsyncIterable<string>;
}

export type BlobErrorCode = 'too_large' | 'bad_key';

export class BlobError extends Error {
  override readonly name = 'BlobError';
  readonly code: BlobErrorCode;
  constructor(code: BlobErrorCode) {
    super(code);
    this.code = code;
  }
}

export function createLocalBlobs(options: { readonly root: string }): BlobStore {
  const folder = (tenantId: string): string => {
    if (!isUuid(tenantId)) throw new BlobError('bad_key');
    return join(options.root, tenantId);
  };
  const path = ({ tenantId, blobId }: BlobKey): string => {
    if (!isUuid(blobId)) throw new BlobError('bad_key');
    // The last two digits of a UUIDv7 are random; the first ones are the time and would fill one folder.
    return join(folder(tenantId), blobId.slice(-2), blobId);
  };
  return {
    put: (key, source, { maxBytes }) => write(path(key), source, maxBytes),
    get: async (key, range) => {
      const file = path(key);
      const there = await access(file, constants.R_OK).then(
        () => true,
        () => false,
      );
      if (!there) return undefined;
      return range === undefined
        ? createReadStream(file)
        : createReadStream(file, { start: range.start, end: range.end - 1 });
    },
    delete: (key) =>
      rm(path(key)).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return false;
          throw error;
        },
      ),
    list: (tenantId) => list(folder(tenantId)),
  };
}

async function write(
  file: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): Promise<{ bytes: number; sha256: string }> {
  const parent = dirname(file);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(aside, 'wx', 0o600);
  try {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new BlobError('too_large');
      hash.update(chunk);
      await handle.writeFile(chunk);
    }
    await handle.sync();
    await handle.close();
    await rename(aside, file);
    await syncFolder(parent);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(aside, { force: true });
    throw error;
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  await handle.sync().finally(() => handle.close());
}

async function* list(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  for (const entry of entries) if (entry.isFile() && isUuid(entry.name)) yield entry.name;
}
