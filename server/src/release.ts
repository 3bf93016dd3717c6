// The release of this binary, as its manifest says it.
import { readFileSync } from 'node:fs';

const MANIFEST = new URL('../package.json', import.meta.url);

export function release(): string {
  const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
  return version;
}
