// When a key was last used, kept coarsely: one statement a key and half minute of this node, not one a request.
import type { Database } from '../db/db.ts';
import { touchKey } from '../identity/identity.ts';
import type { KeyId } from '../ids.ts';
import type { Log } from '../log.ts';
import type { UserPrincipal } from '../principal.ts';

const EVERY_MS = 30_000;
const MOST_KEYS = 10_000;

export interface KeyUse {
  /** Never fails a request: that a key was used is worth less than the use. */
  note(key: UserPrincipal): void;
}

export function createKeyUse(db: Database, log: Log): KeyUse {
  const noted = new Map<KeyId, number>();
  return {
    note: (key) => {
      const now = performance.now();
      if (now - (noted.get(key.keyId) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
      if (noted.size >= MOST_KEYS) noted.clear();
      noted.set(key.keyId, now);
      touchKey(db.tenant(key), key.keyId).catch((error: unknown) => {
        noted.delete(key.keyId);
        log.warn('touch_key_failed', { tenant_id: key.tenantId, key_id: key.keyId, detail: String(error) });
      });
    },
  };
}
