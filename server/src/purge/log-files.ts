// The database's own log on this node. It holds no values of rows; a line that names the tenant nevertheless costs the whole file.
import { createReadStream } from 'node:fs';
import { truncate } from 'node:fs/promises';

/** Answers in how many files the text stood; those are emptied. The writer appends, so its next line lands at the new end. */
export async function scanFiles(paths: readonly string[], text: string): Promise<number> {
  let found = 0;
  for (const path of paths) {
    if (!(await holds(path, text))) continue;
    await truncate(path);
    found++;
  }
  return found;
}

async function holds(path: string, text: string): Promise<boolean> {
  let tail = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
      const piece = tail + String(chunk);
      if (piece.includes(text)) return true;
      tail = piece.slice(-text.length);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return false;
}
