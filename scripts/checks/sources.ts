// House rules that a linter does not know: file length, names, what a door says, where the environment is read, what the lock file
// may hold.
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readSources } from './list-sources.ts';

const MOST_LINES = 300;
const READS_ENVIRONMENT = new Set(['server/src/config.ts', 'cli/src/environment.ts']);
const BANNED = /^(utils?|helpers?|common|misc|core|manager|service|types|index)\.tsx?$/;

const OPENING =
  /^\/\/ Owns [^\n]+\n(?:\/\/ [^\n]+\n)*?\/\/ Promises [^\n]+\n(?:\/\/ [^\n]+\n)*?\/\/ Must never [^\n]+\n/;

/** The file that bears its folder's name, in the server and in the libraries. */
function isDoor(path: string): boolean {
  return /^server\/src\/([^/]+)\/\1\.ts$/.test(path) || /^libs\/([^/]+)\/src\/\1\.ts$/.test(path);
}

export async function checkSources(root: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { path, text } of await readSources(root)) {
    if (BANNED.test(basename(path))) faults.push(`${path}: a drawer name`);
    if (!path.includes('/src/')) continue;
    const lines = text.split('\n').length - 1;
    if (lines > MOST_LINES) faults.push(`${path}: ${lines} lines, at most ${MOST_LINES}`);
    if (/^export \*/m.test(text)) faults.push(`${path}: export *`);
    if (/\bprocess\.env\b/.test(text) && !READS_ENVIRONMENT.has(path))
      faults.push(`${path}: the environment is read in ${[...READS_ENVIRONMENT].join(' and ')} alone`);
    if (/\b(TODO|FIXME)\b/.test(text)) faults.push(`${path}: left for later`);
    if (isDoor(path) && !OPENING.test(text))
      faults.push(`${path}: a door opens with three lines: Owns, Promises, Must never`);
  }
  const lock = await readFile(join(root, 'package-lock.json'), 'utf8');
  if (/"resolved": "https?:/.test(lock)) faults.push('package-lock.json: records download addresses');
  return faults;
}
