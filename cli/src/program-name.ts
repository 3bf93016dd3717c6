// How a person types this program here, so that every printed command can be copied as it stands.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Input } from './command.ts';

const BIN = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));

export function programName(folder = process.cwd()): string {
  if (existsSync(join(folder, 'node_modules', '.bin', 'sallyport'))) return 'npx sallyport';
  return BIN.includes(`${join('node_modules', 'sallyport')}`) ? 'sallyport' : `node ${quote(relative(folder, BIN))}`;
}

/** One word for a POSIX shell. */
export function quote(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Builds commands that reach the same server: the flags that said where it is are repeated. */
export function commandAgain(input: Input): (words: string) => string {
  const flags = ['data', 'url'].flatMap((name) => {
    const value = input.text(name);
    return value === undefined ? [] : [` --${name} ${quote(value)}`];
  });
  return (words) => `${programName()} ${words}${flags.join('')}`;
}
