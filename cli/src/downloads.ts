// Saves artifacts to files. Their names come from outside: they choose no folder, hide nothing and overwrite nothing.
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from '@sallyport/client';
import type { Artifact } from '@sallyport/contracts';
import { Stop } from './exit-status.ts';
import { inert } from './inert.ts';

const MOST_NAME = 100;

/** A file name of letters, digits and a few signs. Whatever else a name held is an underscore. */
export function safeName(name: string, id: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\p{M} ._()-]/gu, '_')
    .replace(/^[. -]+/, '')
    .slice(-MOST_NAME)
    .trim()
    .replace(/^[. -]+|[. ]+$/g, '');
  // Names that Windows gives to devices, whatever stands after the dot.
  const device = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain);
  return plain === '' || device ? `artifact-${id.replace(/[^\w-]/g, '_')}` : plain;
}

export async function saveArtifacts(client: Client, artifacts: readonly Artifact[], folder: string): Promise<string[]> {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Stop('cannot_create', `${folder} cannot be made (${codeOf(error)})`, error);
  }
  const saved: string[] = [];
  for (const artifact of artifacts) saved.push(await saveOne(client, artifact, folder));
  return saved;
}

/** Two artifacts of one name are told apart by the end of the id. */
async function saveOne(client: Client, artifact: Artifact, folder: string): Promise<string> {
  const name = safeName(artifact.name, artifact.id);
  const apart = `${artifact.id.replace(/[^\w]/g, '').slice(-8)}-${name}`;
  for (const path of [join(folder, name), join(folder, apart)]) {
    if (await saveAs(client, artifact.id, path)) return path;
  }
  throw new Stop('cannot_create', `${join(folder, apart)} is there already; nothing is overwritten`);
}

/** False when the file is there already. */
export async function saveAs(client: Client, id: string, path: string): Promise<boolean> {
  const content = await client.artifacts.content(id);
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline(Readable.fromWeb(content), file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // Half a file looks like a whole one.
    if (file.bytesWritten > 0) rmSync(path, { force: true });
    throw new Stop('cannot_create', `${inert(path)} cannot be written (${codeOf(error)})`, error);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
