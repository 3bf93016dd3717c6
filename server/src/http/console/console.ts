// Owns the built files of the console: read once at boot, served from memory.
// Promises that only files of the manifest are served, each with the bytes that the build recorded, and pages under a strict policy.
// Must never read a path that a request names, nor let a page be cached, framed or run a script that is not its own.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsoleFile, ConsoleFiles } from './files.ts';
import { type ConsoleManifest, type ManifestFile, readManifest } from './manifest.ts';

export { assetAnswer } from './asset.ts';
export type { ConsoleFiles } from './files.ts';
export { pageAnswer } from './page.ts';

const MOST_BYTES = 32 * 1024 * 1024;

export const NO_CONSOLE: ConsoleFiles = { html: undefined, assets: new Map(), fault: undefined };

/** Reads the files below `folder`. Never throws: a server without its console still serves the API. */
export async function loadConsole(folder: string): Promise<ConsoleFiles> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return NO_CONSOLE;
  try {
    return await loadFiles(folder, readManifest(text));
  } catch (error) {
    return { ...NO_CONSOLE, fault: error instanceof Error ? error.message : String(error) };
  }
}

async function loadFiles(folder: string, manifest: ConsoleManifest): Promise<ConsoleFiles> {
  const assets = new Map<string, ConsoleFile>();
  let bytes = 0;
  for (const file of manifest.files) {
    const loaded = await loadFile(folder, file);
    bytes += loaded.plain.length;
    if (bytes > MOST_BYTES) throw new TypeError(`the console is larger than ${MOST_BYTES} bytes`);
    assets.set(file.name, loaded);
  }
  const html = await readFile(join(folder, 'index.html'));
  if (digestOf(html) !== manifest.htmlDigest) throw new TypeError('index.html is not what was built');
  return { html: html.toString('utf8'), assets, fault: undefined };
}

async function loadFile(folder: string, file: ManifestFile): Promise<ConsoleFile> {
  const path = join(folder, 'assets', file.name);
  const plain = await readFile(path);
  if (digestOf(plain) !== file.digest) throw new TypeError(`${file.name} is not what was built`);
  const encoded = file.compressed ? { br: await readFile(`${path}.br`), gzip: await readFile(`${path}.gz`) } : {};
  return { type: file.type, digest: file.digest, plain, encoded };
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
