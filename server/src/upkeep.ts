// Owns the worker of a process and the chores beside it that read, erase and delete inside tenants: retention and purges, under the login `ops`.
// Promises that no other part of the process holds that login.
// Must never be reached by a request: a request writes down what is wanted, a chore does it.
import { join } from 'node:path';
import type { AgentDeps } from './agent/agent.ts';
import type { Begun, DatabaseServer, DataFolder } from './boot/boot.ts';
import type { Config } from './config.ts';
import { createDatabase, type Database } from './db/db.ts';
import type { Log } from './log.ts';
import type { NodeMetrics } from './metrics/metrics.ts';
import { purgeChores } from './purge/purge.ts';
import { release } from './release.ts';
import { retentionChores } from './retention/retention.ts';
import type { Vault } from './vault/vault.ts';
import { type Chore, keeperOf, startWorker, type WorkerHandle } from './worker/worker.ts';

export interface UpkeepDeps {
  readonly config: Config;
  readonly log: Log;
  readonly begun: Begun;
  readonly server: DatabaseServer;
  readonly folder: DataFolder;
  readonly agent: AgentDeps;
  readonly vault: Vault;
  readonly metrics?: NodeMetrics | undefined;
}

const POOL = 3;
/** What was deleted, for a restore of an older backup: copy it with the backups. */
const DELETIONS = 'deletions.jsonl';

function choresOf(deps: UpkeepDeps): readonly Chore[] {
  const { log, folder } = deps;
  const { blobs, signals } = deps.agent;
  const open = (enter: 'tenant' | 'purger'): Database => {
    const db = createDatabase({
      connect: deps.server.pooled('ops'),
      keys: deps.vault,
      prefix: deps.config.rolePrefix,
      max: POOL,
      enter,
      onFault: (error) => log.error('database.connection', {}, error),
    });
    deps.begun.add(() => db.close());
    return db;
  };
  const purger = open('purger');
  return [
    ...retentionChores({ db: open('tenant'), purger, blobs, log, keeperOf }),
    ...purgeChores({
      ...{ purger, blobs, log, keeperOf, signals, version: release() },
      forgetKeys: (tenantId) => deps.vault.forget(tenantId),
      ledger: (deletion) => folder.note(DELETIONS, JSON.stringify(deletion)),
      signingSeed: folder.secret('certificates-1'),
      logFiles: [join(folder.path, 'postgres.log'), join(folder.path, 'postgres.log.1')],
    }),
  ];
}

export function beginWorker(deps: UpkeepDeps): WorkerHandle {
  const { config } = deps;
  const worker = startWorker({
    agent: deps.agent,
    direct: deps.server.direct('worker'),
    rolePrefix: config.rolePrefix,
    concurrency: config.concurrency,
    drainMs: config.drainSeconds * 1_000,
    chores: choresOf(deps),
    metrics: deps.metrics,
  });
  deps.begun.add(() => worker.close());
  return worker;
}
