// What a build of the console is made of, as one digest: our own sources that it can import, the lock file for all others, and the
// build itself.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const FOLDERS = ['console/src', 'client/src', 'contracts/src', 'libs/chain/src', 'scripts/console'];
const FILES = ['package-lock.json', 'scripts/build-console.ts', 'console/package.json', 'console/tsconfig.json'];

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Hexadecimal SHA-256 over names and contents. */
export async function digestInputs(root: string): Promise<string> {
  const found = await Promise.all(FOLDERS.map((folder) => filesBelow(root, folder)));
  const hash = createHash('sha256');
  for (const path of [...found.flat(), ...FILES].sort()) {
    const bytes = await readFile(join(root, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
}
