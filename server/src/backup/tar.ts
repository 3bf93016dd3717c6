// The form of the file: a tar (POSIX ustar) of plain members, so that any system can look into a backup without us.
import { BackupError } from './backup-error.ts';

export const BLOCK = 512;
/** What eleven octal digits can say, less one: no member of ours comes near. */
export const MOST_BYTES = 8 ** 11 - 1;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/;

export interface MemberHead {
  readonly name: string;
  readonly bytes: number;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}

function sumOf(block: Uint8Array): number {
  let sum = 0;
  // The checksum is reckoned with blanks in its own place.
  for (const [at, byte] of block.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  return sum;
}

export function writeHead({ name, bytes }: MemberHead, seconds: number): Buffer {
  if (!NAME.test(name) || bytes > MOST_BYTES) throw new TypeError('a member has a short plain name and is below 8 GiB');
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 'latin1');
  block.write(octal(0o600, 8), 100, 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  block.write(octal(bytes, 12), 124, 'latin1');
  block.write(octal(seconds, 12), 136, 'latin1');
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(`${sumOf(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Undefined for the empty block at the end. Throws for anything that `writeHead` does not make. */
export function readHead(block: Uint8Array): MemberHead | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const text = Buffer.from(block).toString('latin1');
  const name = text.slice(0, 100).replace(/\0[\s\S]*$/, '');
  const [bytes, seconds] = [readOctal(text, 124), readOctal(text, 136)];
  const known = NAME.test(name) && bytes !== undefined && seconds !== undefined;
  if (!known || !writeHead({ name, bytes }, seconds).equals(block))
    throw new BackupError('backup_damaged', 'a member of the file has a damaged head');
  return { name, bytes };
}

function readOctal(text: string, at: number): number | undefined {
  const digits = text.slice(at, at + 11);
  return /^[0-7]{11}$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

export function paddingOf(bytes: number): number {
  return (BLOCK - (bytes % BLOCK)) % BLOCK;
}
