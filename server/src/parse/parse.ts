// Owns the reading of bytes from outside (HTML, feeds, Markdown, text, PDF, DOCX) in a pool of worker threads with limits.
// Promises that a hostile document costs at most one thread and the wall-clock limit; the caller's event loop never parses.
// Must never fetch anything that a document names, nor run anything that it holds.
import type { ReadableDocument } from './document.ts';
import { kindOf } from './media-type.ts';
import { ParseError } from './parse-error.ts';
import { createPool, type PoolLoad, type PoolOptions } from './pool.ts';

export type { ReadableDocument } from './document.ts';
export { ParseError, type ParseErrorCode } from './parse-error.ts';
export { type PlainEntry, ZipFile, type ZipKind } from './zip.ts';

export interface ParseInput {
  /** Must not change until the promise settles; they are copied once, into the thread. */
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly url?: string;
  /** Whose document it is: waiting documents of different keys are taken in turn. */
  readonly key?: string;
}

export interface DocumentParser {
  /** Throws `ParseError`. */
  read(input: ParseInput): Promise<ReadableDocument>;
  load(): PoolLoad;
  close(): Promise<void>;
}

export function createParser(options: PoolOptions = {}): DocumentParser {
  const pool = createPool(options);
  return {
    read: async (input) => {
      const kind = kindOf(input.contentType);
      if (kind === undefined)
        throw new ParseError('unsupported_media_type', 'documents of this media type cannot be read');
      return pool.run(
        { bytes: input.bytes, contentType: input.contentType.slice(0, 200), kind, url: input.url?.slice(0, 4_000) },
        input.key ?? '',
      );
    },
    load: pool.load,
    close: pool.close,
  };
}
