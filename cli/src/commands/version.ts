import { readFileSync } from 'node:fs';
import { type Command, type Input, JSON_FLAG } from '../command.ts';
import { status } from '../exit-status.ts';
import { print } from '../print.ts';

async function run(input: Input): Promise<number> {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  print(
    input.has('json')
      ? JSON.stringify({ version: manifest.version, node: process.versions.node })
      : `sallyport ${manifest.version} (Node.js ${process.versions.node})`,
  );
  return status('ok');
}

export const command: Command = {
  name: 'version',
  about: 'Print the version.',
  actions: { '': { usage: '', about: 'Print the version.', words: { least: 0, most: 0 }, flags: [JSON_FLAG], run } },
};
