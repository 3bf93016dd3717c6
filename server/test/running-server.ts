// The database of a server that runs in another process, opened by the code that opens it: for tests of what shows a run at work.
import { demandMasterKeyFile, openDatabaseServer, openDataFolder } from '../src/boot/boot.ts';
import { systemClock } from '../src/clock.ts';
import { readConfig } from '../src/config.ts';
import { createDatabase, type Database, openListener } from '../src/db/db.ts';
import { createPeppers, parseKey, verifyKey } from '../src/identity/identity.ts';
import type { UserPrincipal } from '../src/principal.ts';
import { openVault } from '../src/vault/vault.ts';

export interface RunningServer {
  readonly data_dir: string;
  readonly api_key: string;
}

/** One JSON value of the standard input. */
export async function readAsked<T extends RunningServer>(): Promise<T> {
  return JSON.parse(await new Response(process.stdin as unknown as ReadableStream).text()) as T;
}

/** Works in that database as the user of the key, and closes it. */
export async function inRunningServer(
  { data_dir: data, api_key: text }: RunningServer,
  work: (db: Database, principal: UserPrincipal) => Promise<void>,
): Promise<void> {
  const folder = openDataFolder(data);
  const config = readConfig({ env: {}, flags: { data } });
  const server = await openDatabaseServer(config, folder, { own: false });
  const fail = (error: unknown): never => {
    throw error;
  };
  const listener = await openListener(server.direct('api'), fail);
  const db = createDatabase({
    connect: server.pooled('api'),
    keys: await openVault({
      master: demandMasterKeyFile(config, folder),
      listener,
      monotonic: systemClock.monotonic,
    }),
    prefix: config.rolePrefix,
    max: 1,
    onFault: fail,
  });
  try {
    const key = parseKey(text);
    const peppers = createPeppers(new Map([[1, folder.secret('pepper-1')]]));
    const verdict = key === undefined ? undefined : await verifyKey(db, peppers, key, Date.now());
    if (verdict?.ok !== true) throw new TypeError('the key was refused');
    await work(db, verdict.principal);
  } finally {
    await db.close();
    await listener.close();
    await server.stop();
  }
}
