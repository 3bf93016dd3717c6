// A node looks every few seconds which keys lie in its folder and which of them count, and says which it holds: so a key is replaced while
// nodes serve, and is used by none before all have it (S15).
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../db/db.ts';
import { newId } from '../../ids.ts';
import type { Log } from '../../log.ts';
import { type MasterKeys, readFingerprints } from '../../vault/vault.ts';

export interface FollowedKey {
  readonly name: 'master' | 'links';
  readonly newest: number;
  readonly used: number;
  /** Reads folder and database again. */
  refresh(): Promise<void>;
}

const LOOK_MS = 2_000;

export function followMaster(db: Database, master: MasterKeys): FollowedKey {
  return {
    name: 'master',
    get newest() {
      return master.newest;
    },
    get used() {
      return master.current;
    },
    refresh: async () => {
      master.reload();
      const standing = await readFingerprints(db);
      if (standing.length > 0) master.useUpTo(Math.max(...standing.map(({ version }) => version)));
    },
  };
}

/** Answers how to end it, after it has looked once. */
export async function followKeys(
  db: Database,
  keys: readonly FollowedKey[],
  log: Log,
  lookMs = LOOK_MS,
): Promise<() => Promise<void>> {
  const node = newId();
  const host = hostname().slice(0, 255) || 'unknown';
  const closing = new AbortController();
  const look = async (): Promise<void> => {
    for (const key of keys) {
      await key.refresh();
      await db.system('hold_key', [node, key.name, host, key.newest, key.used], () => true);
    }
  };
  await look();
  const looking = (async () => {
    while (!closing.signal.aborted) {
      await delay(lookMs, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      await look().catch((error: unknown) => log.error('keys.follow', {}, error));
    }
  })();
  return async () => {
    closing.abort();
    await looking;
    await db.system('drop_holder', [node], () => true).catch(() => undefined);
  };
}
