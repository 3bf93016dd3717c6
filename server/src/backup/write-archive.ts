// Writes members one after the other, and between them lists of their digests: bounded memory, however large the whole is.
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BLOCK, paddingOf, writeHead } from './tar.ts';

/** So many digests in one list. */
const LIST = 1_000;
export const listName = (number: number): string => `SHA256SUMS.${String(number).padStart(6, '0')}`;
export const LIST_NAME = /^SHA256SUMS\.\d{6}$/;

export interface ArchiveWriter {
  add(name: string, content: Uint8Array | string): Promise<void>;
  /** Throws when the source does not have exactly `bytes` bytes. */
  stream(name: string, bytes: number, source: AsyncIterable<Uint8Array>): Promise<void>;
  /** Writes the last list; answers the digest over all lists, which stands for everything before it. */
  closeLists(): Promise<string>;
  /** After the lists: one last member, and the end of the file. */
  finish(name: string, content: string): Promise<void>;
  readonly bytes: number;
}

export function createArchiveWriter(handle: FileHandle, seconds: number): ArchiveWriter {
  const chain = createHash('sha256');
  let lines: string[] = [];
  let lists = 0;
  let bytes = 0;
  const write = async (chunk: Uint8Array): Promise<void> => {
    await handle.writeFile(chunk);
    bytes += chunk.length;
  };
  const put = async (name: string, size: number, source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) => {
    const hash = createHash('sha256');
    let seen = 0;
    await write(writeHead({ name, bytes: size }, seconds));
    for await (const chunk of source) {
      seen += chunk.length;
      if (seen > size) break;
      hash.update(chunk);
      await write(chunk);
    }
    if (seen !== size) throw new TypeError(`the member ${name} is not of the length that was said`);
    await write(Buffer.alloc(paddingOf(size)));
    return hash.digest('hex');
  };
  const list = async (): Promise<void> => {
    if (lines.length === 0) return;
    const text = Buffer.from(lines.join(''), 'utf8');
    chain.update(text);
    lines = [];
    lists++;
    await put(listName(lists), text.length, [text]);
  };
  const stream: ArchiveWriter['stream'] = async (name, size, source) => {
    lines.push(`${await put(name, size, source)}  ${name}\n`);
    if (lines.length >= LIST) await list();
  };
  const whole = async function* (content: Uint8Array): AsyncGenerator<Uint8Array> {
    yield content;
  };
  return {
    add: (name, content) => {
      const body = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
      return stream(name, body.length, whole(body));
    },
    stream,
    closeLists: async () => {
      await list();
      return chain.digest('hex');
    },
    finish: async (name, content) => {
      const body = Buffer.from(content, 'utf8');
      await put(name, body.length, [body]);
      await write(Buffer.alloc(2 * BLOCK));
    },
    get bytes() {
      return bytes;
    },
  };
}
