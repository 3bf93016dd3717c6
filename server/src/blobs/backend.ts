// What a place for bytes must offer. It sees sealed bytes only, and is held to one conformance suite.
import { isUuid } from '../ids.ts';

export interface BlobKey {
  readonly tenantId: string;
  readonly blobId: string;
}

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface BlobBackend {
  /** Stores a stream of at most `maxBytes` whole or not at all; throws `BlobError('too_large')` and leaves nothing behind. Answers the bytes. */
  put(key: BlobKey, source: ByteSource, options: { readonly maxBytes: number }): Promise<number>;
  /** The bytes of a range, and the size of the whole; undefined when there are none. The content is read to its end or given up. */
  get(
    key: BlobKey,
    range?: ByteRange,
  ): Promise<{ readonly size: number; readonly content: AsyncIterable<Uint8Array> } | undefined>;
  /** With every older version that the place keeps. Answers whether there was one. */
  delete(key: BlobKey): Promise<boolean>;
  /** Ids of every blob of a tenant. */
  list(tenantId: string): AsyncIterable<string>;
  /** Takes away what uploads that were broken off before this time (Unix milliseconds) left of themselves; answers how many there were. */
  tidy(tenantId: string, before: number): Promise<number>;
  /** Takes away everything of a tenant, older versions and halves of uploads too; answers how many objects there were. */
  clear(tenantId: string): Promise<number>;
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

/** A key is two UUIDs, so that no path comes from outside. */
export function demandUuid(text: string): string {
  if (!isUuid(text)) throw new BlobError('bad_key');
  return text;
}

/** Passes on at most `maxBytes`. */
export async function* capped(source: ByteSource, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BlobError('too_large');
    yield chunk;
  }
}
