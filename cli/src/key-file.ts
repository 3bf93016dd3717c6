// Reads a key from a file of the data folder. A key that other users of the machine may read is theirs already: refused.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Stop } from './exit-status.ts';

const MOST_BYTES = 4096;

/** The key, or undefined when there is no such file. Links are refused, and so is a mode that lets others in. */
export function readKeyFile(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'ELOOP') throw new Stop('not_permitted', `${path} is a link; the key must be a file of its own`);
    throw new Stop('not_permitted', `${path} cannot be read (${code ?? 'unknown'})`, error);
  }
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Stop('not_permitted', `${path} is not a file`);
    if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
      throw new Stop(
        'not_permitted',
        `${path} has mode ${(found.mode & 0o777).toString(8)}: other users may read it. Revoke the key, or run: chmod 600 ${path}`,
      );
    return firstLine(path, file);
  } finally {
    closeSync(file);
  }
}

function firstLine(path: string, file: number): string {
  const buffer = Buffer.alloc(MOST_BYTES);
  const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, MOST_BYTES, 0)).trim();
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Stop('not_permitted', `${path} does not hold a key`);
  return text;
}
