// Ties a data folder to one cluster, one socket folder and, while it runs, to one process.
import { randomBytes } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';
import { startMark } from './process-table.ts';

/** The id of the data folder, made with it. */
export function openInstance(dataDir: string): string {
  const path = join(dataDir, 'instance.json');
  const uid = process.getuid?.() ?? 0;
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const aside = `${path}.${process.pid}`;
    writeFileSync(aside, `${JSON.stringify({ id: randomBytes(12).toString('hex') })}\n`, { mode: 0o600 });
    // A link fails when the name is taken: of two first starts one wins, and both read the winner's id.
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) quietly(() => linkSync(aside, path));
    rmSync(aside, { force: true });
    return idIn(path);
  } catch (cause) {
    if (cause instanceof EmbeddedError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddedError(
      'data_unwritable',
      `cannot write ${dataDir} as uid ${uid} (${reason}); mend it: chown -R ${uid} ${dataDir}`,
    );
  }
}

function idIn(path: string): string {
  const { id } = JSON.parse(readFileSync(path, 'utf8')) as { id?: unknown };
  // The id becomes part of paths that root makes.
  if (typeof id === 'string' && /^[0-9a-f]{24}$/.test(id)) return id;
  throw new EmbeddedError('data_unwritable', `${path} holds no id; restore it from a backup of the data folder`);
}

/** Takes the data folder for this process; the answer gives it back. A holder is its pid and its time of start. */
export function takeLock(dataDir: string): () => void {
  const path = join(dataDir, 'instance.pid');
  const mine = `${process.pid} ${startMark(process.pid) ?? ''}\n`;
  const aside = `${path}.${process.pid}`;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    writeFileSync(aside, mine, { mode: 0o600 });
    try {
      linkSync(aside, path);
      return () => {
        if (read(path) === mine) rmSync(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(aside, { force: true });
    }
    const held = read(path);
    const [pid = '', mark = ''] = held.trim().split(' ');
    if (held !== '' && startMark(Number(pid)) === mark)
      throw new EmbeddedError('locked', `process ${pid} serves ${dataDir} already; stop it first: kill ${pid}`);
    rmSync(path, { force: true });
  }
  throw new EmbeddedError('locked', `${path} is taken again and again; stop the other starts of ${dataDir}`);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function quietly(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
