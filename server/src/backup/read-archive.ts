// Reads members one after the other and judges each against the list that follows it. What has come out is proven at the next list,
// and the whole at the end: whoever acts on it before the end must be able to take it back.
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { BackupError } from './backup-error.ts';
import { BLOCK, paddingOf, readHead } from './tar.ts';
import { LIST_NAME } from './write-archive.ts';

const CHUNK = 256 * 1024;
/** Of a list, or of a member that is read whole. */
const MOST_WHOLE = 16 * 1024 * 1024;
const MOST_PENDING = 2_000;

export interface Member {
  readonly name: string;
  readonly bytes: number;
  /** Read it to its end, or not at all. */
  readonly content: AsyncIterable<Uint8Array>;
}

interface Reading {
  readonly handle: FileHandle;
  at: number;
  /** Of members since the last list. */
  readonly pending: Map<string, string>;
  readonly chain: Hash;
}

/**
 * `last` is the name of the member behind the lists; it is handed out with the digest over all lists.
 * Throws `BackupError`: `not_a_backup`, `backup_truncated`, `backup_damaged`.
 */
export async function* readArchive(
  path: string,
  first: string,
  last: string,
  onLast: (text: string, digest: string) => void,
): AsyncGenerator<Member> {
  const handle = await open(path, 'r');
  try {
    const reading: Reading = { handle, at: 0, pending: new Map(), chain: createHash('sha256') };
    for (let count = 0; ; count++) {
      const head = await headAt(reading, count === 0 ? first : undefined);
      if (head === undefined) throw new BackupError('backup_truncated', 'the file ends before its last member');
      const { name, bytes } = head;
      if (name === last) {
        demandProven(reading);
        const text = await readWhole(reading, bytes, () => undefined);
        await demandEnd(reading);
        onLast(text.toString('utf8'), reading.chain.digest('hex'));
        return;
      }
      if (LIST_NAME.test(name)) await compare(reading, bytes);
      else yield* handOut(reading, name, bytes);
    }
  } finally {
    await handle.close();
  }
}

async function headAt(reading: Reading, first: string | undefined): Promise<ReturnType<typeof readHead>> {
  const block = await readExactly(reading, BLOCK);
  let head: ReturnType<typeof readHead>;
  try {
    head = readHead(block);
  } catch (error) {
    if (first === undefined) throw error;
  }
  if (first !== undefined && head?.name !== first)
    throw new BackupError('not_a_backup', 'the file is not a backup of Sallyport');
  return head;
}

async function* handOut(reading: Reading, name: string, bytes: number): AsyncGenerator<Member> {
  if (reading.pending.has(name) || reading.pending.size >= MOST_PENDING)
    throw new BackupError('backup_damaged', `the member ${name} stands where none may`);
  const start = reading.at;
  let hash = createHash('sha256');
  let read = false;
  const ended = (): void => {
    read = true;
  };
  yield { name, bytes, content: contentOf(reading, bytes, hash, ended) };
  if (!read) {
    reading.at = start;
    hash = createHash('sha256');
    for await (const _chunk of contentOf(reading, bytes, hash, ended));
  }
  reading.pending.set(name, hash.digest('hex'));
}

async function* contentOf(reading: Reading, bytes: number, hash: Hash, ended: () => void): AsyncGenerator<Uint8Array> {
  for (let left = bytes; left > 0; ) {
    const chunk = await readExactly(reading, Math.min(CHUNK, left));
    left -= chunk.length;
    hash.update(chunk);
    yield chunk;
  }
  const padding = await readExactly(reading, paddingOf(bytes));
  if (padding.some((byte) => byte !== 0))
    throw new BackupError('backup_damaged', 'something stands between two members');
  ended();
}

async function readExactly(reading: Reading, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await reading.handle.read(buffer, filled, bytes - filled, reading.at + filled);
    if (bytesRead === 0) throw new BackupError('backup_truncated', 'the file ends in the middle of a member');
    filled += bytesRead;
  }
  reading.at += bytes;
  return buffer;
}

export async function textOf({ bytes, content }: Member): Promise<string> {
  if (bytes > MOST_WHOLE) throw new BackupError('backup_damaged', 'a member that is read whole is too large');
  return Buffer.concat(await Array.fromAsync(content)).toString('utf8');
}

async function readWhole(reading: Reading, bytes: number, ended: () => void): Promise<Buffer> {
  if (bytes > MOST_WHOLE) throw new BackupError('backup_damaged', 'a member that is read whole is too large');
  return Buffer.concat(await Array.fromAsync(contentOf(reading, bytes, createHash('sha256'), ended)));
}

/** A list names exactly what came since the one before it, in order. */
async function compare(reading: Reading, bytes: number): Promise<void> {
  const text = await readWhole(reading, bytes, () => undefined);
  const expected = [...reading.pending].map(([name, digest]) => `${digest}  ${name}\n`).join('');
  if (text.toString('utf8') !== expected) {
    const lines = text.toString('utf8').split('\n');
    const bad = [...reading.pending].find(([name, digest], at) => lines[at] !== `${digest}  ${name}`);
    throw new BackupError('backup_damaged', `the bytes of ${bad?.[0] ?? 'a list'} are not those that were written`);
  }
  reading.chain.update(text);
  reading.pending.clear();
}

function demandProven({ pending }: Reading): void {
  if (pending.size > 0) throw new BackupError('backup_damaged', 'the last members stand in no list');
}

async function demandEnd(reading: Reading): Promise<void> {
  const end = await readExactly(reading, 2 * BLOCK);
  const { bytesRead } = await reading.handle.read(Buffer.alloc(1), 0, 1, reading.at);
  if (bytesRead > 0 || end.some((byte) => byte !== 0))
    throw new BackupError('backup_damaged', 'something stands behind the end of the backup');
}
