// Migrates and says how far it is: to whoever asks whether the node is ready, and to the log, also when one step takes long (S19).
import type { Log } from '../log.ts';
import type { DatabaseServer } from './database-server.ts';

const SLOW_MS = 60_000;

export async function migrateAndTell(
  server: DatabaseServer,
  log: Log,
  tell: (detail: string) => void,
  slowMs = SLOW_MS,
): Promise<void> {
  let at = 'migrating';
  tell(at);
  const slow = setInterval(() => log.info('migrate.still', { detail: at }), slowMs);
  try {
    const applied = await server.migrate((done, all, name) => {
      at = `migrating ${done}/${all}`;
      tell(at);
      log.info('migrate.step', { count: done, detail: `${done}/${all} ${name}` });
    });
    if (applied.length > 0) log.info('migrate.done', { count: applied.length });
  } finally {
    clearInterval(slow);
  }
}
