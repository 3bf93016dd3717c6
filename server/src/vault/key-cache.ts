// Unwrapped keys stay in memory for a minute at most, for a bounded number of tenants, and go at once when they are told to.
import type { Keyring } from '../db/db.ts';

const MOST_TENANTS = 1_000;
const LIFE_MS = 60_000;

interface Held {
  readonly keyring: Keyring;
  readonly until: number;
}

export interface KeyCache {
  find(tenantId: string): Keyring | undefined;
  /** Call before reading the rows; the answer is kept only when nothing was dropped meanwhile. */
  begin(): (tenantId: string, keyring: Keyring) => void;
  /** Of one tenant, or of all. */
  drop(tenantId?: string): void;
}

/** `monotonic` in milliseconds. */
export function createKeyCache(monotonic: () => number): KeyCache {
  const held = new Map<string, Held>();
  let drops = 0;
  return {
    find: (tenantId) => {
      const one = held.get(tenantId);
      if (one === undefined || one.until > monotonic()) return one?.keyring;
      held.delete(tenantId);
      return undefined;
    },
    begin: () => {
      const before = drops;
      const until = monotonic() + LIFE_MS;
      return (tenantId, keyring) => {
        // Rows that were read before a key was destroyed must not outlive the notice of it.
        if (drops !== before) return;
        held.delete(tenantId);
        held.set(tenantId, { keyring, until });
        const oldest = held.size > MOST_TENANTS ? held.keys().next().value : undefined;
        if (oldest !== undefined) held.delete(oldest);
      };
    },
    drop: (tenantId) => {
      drops += 1;
      if (tenantId === undefined) held.clear();
      else held.delete(tenantId);
    },
  };
}
