// Folders that the database's user must reach, and the one that nobody else may.
import { chmodSync, lchownSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { DatabaseUser } from './database-user.ts';
import { EmbeddedError } from './embedded-error.ts';

/** Makes a folder that others may enter; whatever it had to make on the way is open too, against a strict umask. */
export function makeOpenFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) chmodSync(at, 0o755);
}

/** `sp-` and the start of the id: a path that stays below the 103 bytes a socket's path may have. */
export function socketFolder(instance: string): string {
  return join('/tmp', `sp-${instance.slice(0, 12)}`);
}

/** A private folder for the socket. /tmp is everybody's: a folder, or a link, that another user laid there is refused. */
export function makeSocketFolder(path: string, user: DatabaseUser): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(path);
  const mend = `remove it: rm -r ${path}`;
  if (!found.isDirectory()) throw new EmbeddedError('wrong_owner', `${path} is not a folder; ${mend}`);
  if (found.uid !== (process.getuid?.() ?? found.uid) && found.uid !== user.uid)
    throw new EmbeddedError('wrong_owner', `${path} belongs to uid ${found.uid}; ${mend}`);
  if ((found.mode & 0o077) !== 0) throw new EmbeddedError('wrong_owner', `${path} is open to others; ${mend}`);
  if (user.other) lchownSync(path, user.uid, user.gid);
}
