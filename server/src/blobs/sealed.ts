// Blobs as the product sees them: sealed for one tenant and one id before a byte reaches the place where they rest.
import type { Keyring, TenantScope } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { BlobBackend, BlobKey, ByteRange, ByteSource } from './backend.ts';
import { capped } from './backend.ts';
import {
  type BlobSeal,
  chunkRange,
  demandEnd,
  END_BYTES,
  type Extent,
  extentOf,
  HEADER_BYTES,
  headerPrefix,
  openChunks,
  readHeader,
  sealChunks,
  sealOf,
} from './sealed-format.ts';

export interface BlobStore {
  /** Stores a stream of at most `maxBytes`; throws `BlobError('too_large')` and leaves nothing behind. Answers the bytes. */
  put(scope: TenantScope, blobId: string, source: ByteSource, options: { readonly maxBytes: number }): Promise<number>;
  /** The bytes, or undefined when there are none. Throws `tampered` for a blob that is not what was stored under this id. */
  get(scope: TenantScope, blobId: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined>;
  delete(scope: TenantScope, blobId: string): Promise<boolean>;
  /** Ids of every blob of the tenant. */
  list(scope: TenantScope): AsyncIterable<string>;
  /** Takes away what uploads that were broken off before this time left of themselves; answers how many there were. */
  tidy(scope: TenantScope, before: number): Promise<number>;
  /** Takes away everything of the tenant, what a list does not show too; answers how many there were. */
  clear(scope: TenantScope): Promise<number>;
}

export interface BlobDoors {
  /** Only a test or the proof's own composition removes it (DEC-011). */
  readonly sealing: boolean;
}

interface Opened {
  readonly seal: BlobSeal;
  readonly extent: Extent;
  readonly size: number;
}

export function sealBlobs(backend: BlobBackend, doors: BlobDoors = { sealing: true }): BlobStore {
  const keyOf = (scope: TenantScope, blobId: string): BlobKey => ({ tenantId: scope.tenantId, blobId });
  return {
    put: async (scope, blobId, source, { maxBytes }) => {
      let bytes = 0;
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of capped(source, maxBytes)) {
          bytes += chunk.length;
          yield chunk;
        }
      };
      if (!doors.sealing) return backend.put(keyOf(scope, blobId), source, { maxBytes });
      const { keyring } = await scope.content();
      const sealed = sealStream(keyring, keyOf(scope, blobId), counted());
      // The cap is on what was sent; what is added to it is bounded by it.
      await backend.put(keyOf(scope, blobId), sealed, { maxBytes: Number.POSITIVE_INFINITY });
      return bytes;
    },
    get: async (scope, blobId, range) => {
      const key = keyOf(scope, blobId);
      if (!doors.sealing) return (await backend.get(key, range))?.content;
      const opened = await openHeader(backend, scope, key);
      return opened === undefined ? undefined : readRange(backend, key, opened, range);
    },
    delete: (scope, blobId) => backend.delete(keyOf(scope, blobId)),
    list: (scope) => backend.list(scope.tenantId),
    tidy: (scope, before) => backend.tidy(scope.tenantId, before),
    clear: (scope) => backend.clear(scope.tenantId),
  };
}

async function* sealStream(keyring: Keyring, key: BlobKey, source: ByteSource): AsyncGenerator<Uint8Array> {
  const prefix = headerPrefix(keyring.keyId);
  const { key: dataKey, wrapped } = keyring.wrapBlobKey(key.blobId, prefix);
  yield Buffer.concat([prefix, wrapped]);
  yield* sealChunks(sealOf(dataKey, contextOf(key, prefix)), source);
}

function contextOf({ tenantId, blobId }: BlobKey, prefix: Uint8Array): Buffer {
  // Two UUIDs and a prefix of fixed lengths: no two places have the same bytes.
  return Buffer.concat([Buffer.from(`sallyport.blob.v1\0${tenantId}\0${blobId}\0`, 'latin1'), prefix]);
}

/** Header and end are checked before a byte is answered, so that a blob that was cut short is refused whole. */
async function openHeader(backend: BlobBackend, scope: TenantScope, key: BlobKey): Promise<Opened | undefined> {
  const found = await backend.get(key, { start: 0, end: HEADER_BYTES });
  if (found === undefined) return undefined;
  const { prefix, keyId, wrapped, chunkBytes } = readHeader(await collect(found.content));
  const { size } = found;
  const { keyring } = await scope.content([keyId]);
  const seal = sealOf(keyring.openBlobKey(key.blobId, prefix, keyId, wrapped), contextOf(key, prefix), chunkBytes);
  const extent = extentOf(size, chunkBytes);
  const end = extent === undefined ? undefined : await backend.get(key, { start: size - END_BYTES, end: size });
  if (extent === undefined || end === undefined) throw fault('tampered', { detail: 'a blob has a size that none has' });
  demandEnd(seal, extent, await collect(end.content));
  return { seal, extent, size };
}

/** Fetches and opens only the chunks that hold the range. */
async function* readRange(
  backend: BlobBackend,
  key: BlobKey,
  { seal, extent, size }: Opened,
  range: ByteRange = { start: 0, end: extent.bytes },
): AsyncGenerator<Uint8Array> {
  const start = Math.max(0, range.start);
  const stop = Math.min(range.end, extent.bytes);
  if (start >= stop) return;
  const first = Math.floor(start / seal.chunkBytes);
  const end = Math.ceil(stop / seal.chunkBytes);
  const found = await backend.get(key, chunkRange(size, seal.chunkBytes, first, end));
  if (found === undefined) throw fault('tampered', { detail: 'a blob went away while it was read' });
  let at = first * seal.chunkBytes;
  for await (const piece of openChunks(seal, extent, { first, end }, found.content)) {
    const part = piece.subarray(Math.max(0, start - at), Math.max(0, stop - at));
    at += piece.length;
    if (part.length > 0) yield part;
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
