import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readTokens, type Token } from './read-tokens.ts';

export interface Source {
  /** From the root of the tree. */
  readonly path: string;
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** Program files that are tracked or new, by path from the root. */
export async function listSources(root: string): Promise<string[]> {
  const kinds = ['*.ts', '*.tsx', '*.mjs'];
  const out = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...kinds], {
    cwd: root,
    encoding: 'utf8',
  });
  return [...new Set(out.split('\n'))].filter((path) => path !== '').sort();
}

/** The same files, read. One that was removed and not yet forgotten is left out. */
export async function readSources(root: string): Promise<Source[]> {
  const read = async (path: string): Promise<Source[]> => {
    const text = await readFile(join(root, path), 'utf8').catch(() => undefined);
    return text === undefined ? [] : [{ path, text, tokens: readTokens(text) }];
  };
  return (await Promise.all((await listSources(root)).map(read))).flat();
}
