import { execFileSync } from 'node:child_process';

/** TypeScript files that are tracked or new, by path from the root. */
export async function listSources(root: string): Promise<string[]> {
  const out = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.ts', '*.tsx'], {
    cwd: root,
    encoding: 'utf8',
  });
  return out.split('\n').filter((path) => path !== '');
}
