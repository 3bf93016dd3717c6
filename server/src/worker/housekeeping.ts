// The chores of a node that has a worker: short, safe to do on many nodes at once, each bounded. A chore that fails is tried again.
import { setTimeout as delay } from 'node:timers/promises';
import { sealAudit, tenantsToSeal } from '../audit/audit.ts';
import type { Database } from '../db/db.ts';
import type { TenantId } from '../ids.ts';
import type { Log } from '../log.ts';
import { type KeeperPrincipal, mintPrincipal } from '../principal.ts';

export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  run(signal: AbortSignal): Promise<void>;
}

export interface Housekeeping {
  close(): Promise<void>;
}

const SEAL_EVERY_MS = 500;
const MOST_TENANTS = 100;

export function keeperOf(tenantId: TenantId): KeeperPrincipal {
  return mintPrincipal({ kind: 'keeper', tenantId });
}

/** Gives audit records their places, within a second of their commit. */
export function sealingChore(db: Database): Chore {
  return {
    name: 'audit.seal',
    everyMs: SEAL_EVERY_MS,
    run: async (signal) => {
      for (const tenantId of await tenantsToSeal(db, MOST_TENANTS)) {
        if (signal.aborted) return;
        await sealAudit(db, keeperOf(tenantId));
      }
    },
  };
}

export function startHousekeeping(chores: readonly Chore[], log: Log): Housekeeping {
  const closing = new AbortController();
  const { signal } = closing;
  const loop = async (chore: Chore): Promise<void> => {
    while (!signal.aborted) {
      await chore.run(signal).catch((error: unknown) => log.error('chore.failed', { name: chore.name }, error));
      await delay(chore.everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const loops = chores.map(loop);
  return {
    close: async () => {
      closing.abort();
      await Promise.all(loops);
    },
  };
}
