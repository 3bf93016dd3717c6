// What is published for containers, judged without any engine for them: deploy/Containerfile and deploy/compose.yaml.
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SETTINGS } from '../../../server/src/config.ts';
import { judgeCompose } from './compose.ts';
import { judgeContainerfile } from './containerfile.ts';

/** True for a file under git, or for a folder that holds one. */
export function treeOf(root: string): (path: string) => boolean {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root, encoding: 'utf8' }).split(
    '\n',
  );
  const known = new Set(
    files.flatMap((file) => file.split('/').map((_, at, parts) => parts.slice(0, at + 1).join('/'))),
  );
  return (path) => known.has(path.replace(/\/$/, ''));
}

export async function checkDeploy(root: string): Promise<string[]> {
  const isInTree = treeOf(root);
  const read = (name: string): Promise<string> => readFile(join(root, 'deploy', name), 'utf8');
  return [
    ...judgeContainerfile(await read('Containerfile'), isInTree, SETTINGS.port.fallback).map(
      (fault) => `deploy/Containerfile: ${fault}`,
    ),
    ...judgeCompose(await read('compose.yaml'), isInTree).map((fault) => `deploy/compose.yaml: ${fault}`),
  ];
}
