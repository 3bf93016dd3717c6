// When a key or a session was last used, and that a stopped one was tried: kept coarsely, one statement for each and half minute of this
// node, not one a request.
import type { Database } from '../../db/db.ts';
import {
  noteNetwork,
  type Refusal,
  type RefusedKey,
  recordRefusedKey,
  touchKey,
  touchSession,
} from '../../identity/identity.ts';
import type { Log } from '../../log.ts';
import type { UserPrincipal } from '../../principal.ts';

const EVERY_MS = 30_000;
const MOST_KEYS = 10_000;

export interface KeyUse {
  /** Never fails a request: that a key was used is worth less than the use. */
  note(who: UserPrincipal, network: string): void;
  /** A key that is stopped came with its right secret: its tenant's audit log says so. */
  refused(key: RefusedKey, reason: Refusal): void;
}

export function createKeyUse(db: Database, log: Log): KeyUse {
  const noted = new Map<string, number>();
  /** Runs `work` unless it ran for this name a moment ago. */
  const seldom = (name: string, work: () => Promise<void>, onFault: (error: unknown) => void): void => {
    const now = performance.now();
    if (now - (noted.get(name) ?? Number.NEGATIVE_INFINITY) < EVERY_MS) return;
    if (noted.size >= MOST_KEYS) noted.clear();
    noted.set(name, now);
    work().catch((error: unknown) => {
      noted.delete(name);
      onFault(error);
    });
  };
  return {
    note: (who, network) => {
      if (who.kind === 'token') return;
      if (who.kind === 'key')
        seldom(
          `from ${who.keyId} ${network}`,
          () => noteNetwork(db, who, who.keyId, network),
          (error) =>
            log.warn('note_network_failed', { tenant_id: who.tenantId, key_id: who.keyId, detail: String(error) }),
        );
      const scope = db.tenant(who);
      const touch = (): Promise<void> =>
        who.kind === 'key' ? touchKey(scope, who.keyId) : touchSession(scope, who.sessionId);
      seldom(who.kind === 'key' ? who.keyId : who.sessionId, touch, (error) =>
        log.warn('touch_key_failed', { tenant_id: who.tenantId, key_id: who.keyId, detail: String(error) }),
      );
    },
    refused: (key, reason) =>
      seldom(
        `refused ${key.id}`,
        () => recordRefusedKey(db, key, reason),
        (error) =>
          log.warn('record_refused_failed', { tenant_id: key.tenantId, key_id: key.id, detail: String(error) }),
      ),
  };
}
