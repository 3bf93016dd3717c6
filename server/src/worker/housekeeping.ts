// The chores of a node that has a worker: short, safe to do on many nodes at once, each bounded. A chore that fails is tried again.
// All nodes share one turn, a lock that goes with the session of the node that has it: whoever has it does the chores, and when it ends
// another takes them over within a second. A chore with a claim of its own needs no turn.
import { setTimeout as delay } from 'node:timers/promises';
import { expireApprovals, tenantsWithDueApprovals } from '../approvals/approvals.ts';
import { sealAudit, tenantsToSeal } from '../audit/audit.ts';
import { type ConnectOptions, type Database, holdAdvisoryLock } from '../db/db.ts';
import type { Signals } from '../events/events.ts';
import type { RunId, TenantId } from '../ids.ts';
import type { Log } from '../log.ts';
import { type KeeperPrincipal, mintPrincipal } from '../principal.ts';
import { wakeRun } from '../runs/runs.ts';

export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  /** It claims what it works at, so that every node may do it at any time. */
  readonly everywhere?: boolean;
  run(signal: AbortSignal): Promise<void>;
}

export interface Housekeeping {
  close(): Promise<void>;
}

const TURN = { class: 21_020, object: 0 };
const AGAIN_MS = 1_000;
const SEAL_EVERY_MS = 500;
const EXPIRE_EVERY_MS = 1_000;
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

/** Denies held calls that nobody decided in time, and lets their runs go on. */
export function expiryChore(db: Database, signals: Signals): Chore {
  return {
    name: 'approvals.expire',
    everyMs: EXPIRE_EVERY_MS,
    run: async (signal) => {
      for (const tenantId of await tenantsWithDueApprovals(db, MOST_TENANTS)) {
        if (signal.aborted) return;
        const keeper = keeperOf(tenantId);
        const woken: RunId[] = [];
        await expireApprovals(
          db.tenant(keeper),
          (work) => db.atomic(keeper, work),
          async (tx, runId) => {
            await wakeRun(tx, runId);
            woken.push(runId);
          },
        );
        for (const runId of woken) signals.touched(runId);
        if (woken.length > 0) signals.ready();
      }
    },
  };
}

export interface HousekeepingDeps {
  readonly chores: readonly Chore[];
  /** For the turn: past any pooler. */
  readonly direct: ConnectOptions;
  readonly log: Log;
}

export function startHousekeeping({ chores, direct, log }: HousekeepingDeps): Housekeeping {
  const closing = new AbortController();
  const repeat = async (chore: Chore, signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await chore.run(signal).catch((error: unknown) => log.error('chore.failed', { name: chore.name }, error));
      await delay(chore.everyMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const shared = chores.filter((chore) => chore.everywhere !== true);
  const ended = Promise.all([
    ...chores.filter((chore) => chore.everywhere === true).map((chore) => repeat(chore, closing.signal)),
    takeTurns(
      direct,
      log,
      closing.signal,
      async (turn) => void (await Promise.all(shared.map((one) => repeat(one, turn)))),
    ),
  ]);
  return {
    close: async () => {
      closing.abort();
      await ended;
    },
  };
}

/** Works while this node has the turn: at most one node of a database has. */
async function takeTurns(
  direct: ConnectOptions,
  log: Log,
  closing: AbortSignal,
  work: (turn: AbortSignal) => Promise<void>,
): Promise<void> {
  while (!closing.aborted) {
    const lost = new AbortController();
    try {
      const lock = await holdAdvisoryLock(direct, TURN, () => lost.abort(), closing);
      log.info('chores.begun');
      await work(AbortSignal.any([lost.signal, closing])).finally(() => lock.release().catch(() => undefined));
    } catch (error) {
      if (closing.aborted) return;
      log.error('chores.no_turn', {}, error);
      await delay(AGAIN_MS, undefined, { signal: closing }).catch(() => undefined);
    }
  }
}
