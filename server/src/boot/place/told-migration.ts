// Migrates and says how far it is: to whoever asks whether the node is ready, and to the log, also when one step takes long (S19).
import type { MigrateOptions } from '../../db/db.ts';
import type { Log } from '../../log.ts';
import type { DatabaseServer } from './database-server.ts';

const SLOW_MS = 60_000;

export interface ToldMigration {
  /** Judges, before anything is written, what the database counts on. */
  readonly before: MigrateOptions['before'];
  readonly tell: (detail: string) => void;
  readonly slowMs?: number;
}

export async function migrateAndTell(
  server: DatabaseServer,
  log: Log,
  { before, tell, slowMs = SLOW_MS }: ToldMigration,
): Promise<void> {
  let at = 'migrating';
  tell(at);
  const slow = setInterval(() => log.info('migrate.still', { detail: at }), slowMs);
  try {
    const onProgress = (done: number, all: number, name: string): void => {
      at = `migrating ${done}/${all}`;
      tell(at);
      log.info('migrate.step', { count: done, detail: `${done}/${all} ${name}` });
    };
    const onWait = (done: number, all: number): void => {
      // Nothing is open any more: whoever migrates is about to be done.
      at = all === 0 ? 'migrating' : `migrating ${done}/${all}`;
      tell(at);
    };
    const applied = await server.migrate({ before, onProgress, onWait });
    if (applied.length > 0) log.info('migrate.done', { count: applied.length });
  } finally {
    clearInterval(slow);
  }
}
