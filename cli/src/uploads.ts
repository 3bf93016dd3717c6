// Turns the files of a command line into artifacts. All of them are looked at before the first byte leaves.
import { openAsBlob, type Stats, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { Client } from '@sallyport/client';
import { Stop } from './exit-status.ts';
import { inert } from './inert.ts';
import { showBytes } from './print.ts';

const MOST_BYTES = 64 * 1024 * 1024;
export const MOST_INPUTS = 50;

export const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.htm': 'text/html',
  '.md': 'text/markdown',
  '.markdown': 'text/markdown',
  '.txt': 'text/plain',
  '.csv': 'text/csv',
  '.json': 'application/json',
  '.pdf': 'application/pdf',
  '.docx': 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
};

export interface InputFile {
  readonly path: string;
  readonly name: string;
  readonly mediaType: string;
}

export function checkFile(path: string): InputFile {
  const mediaType = MEDIA_TYPES[extname(path).toLowerCase()];
  if (mediaType === undefined)
    throw new Stop(
      'data',
      `${inert(path)}: the type is told by the ending; expected ${Object.keys(MEDIA_TYPES).join(' ')}`,
    );
  const found = look(path);
  if (!found.isFile()) throw new Stop('no_input', `${inert(path)} is not a file`);
  if (found.size > MOST_BYTES)
    throw new Stop('data', `${inert(path)} has ${showBytes(found.size)}; at most ${showBytes(MOST_BYTES)} are taken`);
  return { path, name: basename(path), mediaType };
}

function look(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new Stop(
      'no_input',
      `${inert(path)} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`,
      error,
    );
  }
}

/** The ids, in the order given. */
export async function uploadAll(
  client: Client,
  files: readonly InputFile[],
  texts: readonly string[],
): Promise<string[]> {
  const ids: string[] = [];
  for (const { path, name, mediaType } of files) {
    const content = await openAsBlob(path, { type: mediaType });
    ids.push((await client.artifacts.upload({ name, mediaType, content })).id);
  }
  for (const [at, text] of texts.entries()) {
    const name = texts.length === 1 ? 'text.txt' : `text-${at + 1}.txt`;
    const content = new TextEncoder().encode(text);
    ids.push((await client.artifacts.upload({ name, mediaType: 'text/plain', content })).id);
  }
  return ids;
}
