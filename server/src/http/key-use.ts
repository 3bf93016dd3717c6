// When a key or a session was last used, kept coarsely: one statement for each and half minute of this node, not one a request.
import type { Database } from '../db/db.ts';
import { touchKey, touchSession } from '../identity/identity.ts';
import type { Log } from '../log.ts';
import type { UserPrincipal } from '../principal.ts';

const EVERY_MS = 30_000;
const MOST_KEYS = 10_000;

export interface KeyUse {
  /** Never fails a request: that a key was used is worth less than the use. */
  note(who: UserPrincipal): void;
}

export function createKeyUse(db: Database, log: Log): KeyUse {
  const noted = new Map<string, number>();
  return {
    note: (who) => {
      const id = who.kind === 'key' ? who.keyId : who.sessionId;
      const now = performance.now();
      if (now - (noted.get(id) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
      if (noted.size >= MOST_KEYS) noted.clear();
      noted.set(id, now);
      const scope = db.tenant(who);
      const touched = who.kind === 'key' ? touchKey(scope, who.keyId) : touchSession(scope, who.sessionId);
      touched.catch((error: unknown) => {
        noted.delete(id);
        log.warn('touch_key_failed', { tenant_id: who.tenantId, key_id: who.keyId, detail: String(error) });
      });
    },
  };
}
