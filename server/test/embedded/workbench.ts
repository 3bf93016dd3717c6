// Folders for one test file, and the questions its tests ask.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Embedded } from '../../src/embedded/embedded.ts';

export interface Workbench {
  readonly root: string;
  readonly sharedDir: string;
  /** A new data folder: `open` lets the database's user in, as a home of mode 0700 does not. */
  folder(name: string, kind: 'private' | 'open'): string;
  clear(): void;
}

export function workbench(): Workbench {
  const root = mkdtempSync(join(tmpdir(), 'sp-embedded-'));
  chmodSync(root, 0o755);
  return {
    root,
    sharedDir: join(root, 'shared'),
    folder: (name, kind) => {
      const path = join(root, name);
      mkdirSync(path, { recursive: true });
      chmodSync(path, kind === 'open' ? 0o755 : 0o700);
      return path;
    },
    clear: () => rmSync(root, { recursive: true, force: true }),
  };
}

export async function ask(
  embedded: Pick<Embedded, 'socketDir' | 'port' | 'superuser'>,
  text: string,
  user = embedded.superuser,
): Promise<unknown> {
  const client = new pg.Client({ host: embedded.socketDir, port: embedded.port, user, database: 'postgres' });
  // A server that ends breaks the connection between two questions; the question itself then fails.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ v?: unknown }>(text);
    return rows[0]?.v;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Asks until it holds; how long that took, in ms. */
export async function until(holds: () => boolean, withinMs: number, what: string): Promise<number> {
  const start = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - start < withinMs, `not within ${withinMs} ms: ${what}`);
    await delay(10);
  }
  return performance.now() - start;
}

export interface Parent {
  readonly process: ChildProcess;
  readonly postmaster: number;
  readonly cluster: string;
  readonly socketDir: string;
}

/** Another Node.js that holds the database. */
export async function startParent(dataDir: string, sharedDir: string): Promise<Parent> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts'), dataDir, sharedDir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { pid, ...places } = JSON.parse(line) as { pid: number; cluster: string; socketDir: string };
  return { process: child, postmaster: pid, ...places };
}

/** A connection to another process's database. */
export async function knock(parent: Parent): Promise<pg.Client> {
  const client = new pg.Client({ host: parent.socketDir, port: 5432, user: 'postgres', database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Why a test that switches users cannot run here, or false. */
export const needsRoot = process.getuid?.() === 0 ? false : 'only root may switch users';
export const needsProc = existsSync('/proc/self/stat') ? false : 'no /proc here';
