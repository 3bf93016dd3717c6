// What a node remembers for seconds of keys that it looked up: enough to refuse a wrong secret without the database, never to let one in.
// Whoever floods a key with wrong secrets is refused from memory; its owner, whose secret fits, is verified as ever (AK7, RL5).
import type { ParsedKey } from './key-format.ts';
import type { Peppers } from './peppers.ts';

/** Equal for keys that exist and keys that do not: how long an answer stays quick tells nothing. */
const KEPT_MS = 10_000;
const MOST_KEYS = 20_000;

/** What is stored of a key; undefined when there is no such key. Neither ever changes for a key id. */
export interface StoredSecret {
  readonly pepperVersion: number;
  readonly digest: Uint8Array;
}

export interface KeyMemory {
  /** A refusal that is certain, or undefined: ask the database. */
  refuse(key: ParsedKey): 'unknown_key' | 'bad_secret' | undefined;
  /** True when this secret is known to be the key's. Its state is not known: it may be revoked. */
  proves(key: ParsedKey): boolean;
  learn(keyId: string, stored: StoredSecret | undefined): void;
}

export function createKeyMemory(peppers: Peppers, monotonic: () => number): KeyMemory {
  const kept = new Map<string, { readonly until: number; readonly stored: StoredSecret | undefined }>();
  const find = (keyId: string) => {
    const entry = kept.get(keyId);
    return entry !== undefined && entry.until > monotonic() ? entry : undefined;
  };
  const fits = (key: ParsedKey, stored: StoredSecret | undefined): boolean =>
    peppers.matches(key.secret, stored?.pepperVersion ?? peppers.current, stored?.digest);
  return {
    refuse: (key) => {
      const entry = find(key.keyId);
      if (entry === undefined || fits(key, entry.stored)) return undefined;
      return entry.stored === undefined ? 'unknown_key' : 'bad_secret';
    },
    proves: (key) => {
      const entry = find(key.keyId);
      return entry?.stored !== undefined && fits(key, entry.stored);
    },
    learn: (keyId, stored) => {
      // Those that were learnt first go first: an insert after a delete stands last in a Map.
      kept.delete(keyId);
      const [oldest] = kept.size >= MOST_KEYS ? kept.keys() : [];
      if (oldest !== undefined) kept.delete(oldest);
      kept.set(keyId, { until: monotonic() + KEPT_MS, stored });
    },
  };
}
