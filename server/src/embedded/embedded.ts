// Owns the embedded PostgreSQL: binaries, cluster, private socket, and that it never outlives its parent.
// Promises one process tree: a watcher ends the database within 2 s of the parent's death, however it died.
// Must never listen on a network, use `trust`, or start on a cluster that another live process holds.
import { existsSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { installBinaries } from './binaries.ts';
import { initCluster } from './cluster.ts';
import { chooseFolder } from './database-user.ts';
import { EmbeddedError } from './embedded-error.ts';
import { makeSocketFolder, socketFolder } from './folders.ts';
import { openInstance, takeLock } from './instance.ts';
import { endOrphan } from './orphan.ts';
import { type PostmasterPlan, startPostmaster } from './postmaster.ts';

export { EmbeddedError, type EmbeddedErrorCode } from './embedded-error.ts';

export interface EmbeddedOptions {
  /** The data folder of the instance; made when it is not there. */
  readonly dataDir: string;
  /** Where root keeps binaries and clusters that the database's user can reach. */
  readonly sharedDir?: string;
}

export interface Embedded {
  readonly socketDir: string;
  readonly port: number;
  /** The bootstrap superuser; enters over the socket by peer authentication. */
  readonly superuser: string;
  /** The one user of the machine that may enter, as any role. */
  readonly osUser: string;
  readonly pid: number;
  /** Where the cluster lies: below the data folder, or in the shared one. */
  readonly cluster: string;
  /** True when the server of an earlier start still ran and was ended first. */
  readonly endedOrphan: boolean;
  /** Settles when the database ended, by `stop` or by itself. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

const SUPERUSER = 'postgres';
const PORT = 5432;

/** Starts the database of a data folder, making the cluster on the first start. Throws `EmbeddedError`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const asked = resolve(options.dataDir);
  const instance = openInstance(asked);
  // The server names its folder without links; ours must compare equal.
  const dataDir = realpathSync(asked);
  const release = takeLock(dataDir);
  try {
    return await start(dataDir, options.sharedDir ?? '/var/lib/sallyport', instance, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function start(dataDir: string, shared: string, instance: string, release: () => void): Promise<Embedded> {
  const socketDir = socketFolder(instance);
  const place = chooseFolder(join(dataDir, 'db'), join(shared, 'db', instance), dataDir);
  const { user } = place;
  const binaries = await installBinaries(user.other ? join(shared, 'pg') : join(dataDir, 'pg'));
  makeSocketFolder(socketDir, user);
  try {
    return await startAt({ ...place, binaries, socketDir, logFile: join(dataDir, 'postgres.log') }, release);
  } catch (error) {
    dropIfEmpty(socketDir);
    throw error;
  }
}

type Site = Omit<PostmasterPlan, 'port'>;

async function startAt(site: Site, release: () => void): Promise<Embedded> {
  const { socketDir } = site;
  initCluster({ ...site, superuser: SUPERUSER });
  const cluster = join(realpathSync(dirname(site.cluster)), basename(site.cluster));
  const endedOrphan = await endOrphan(cluster, socketDir);
  const postmaster = await startPostmaster({ ...site, cluster, port: PORT });
  let stopping: Promise<void> | undefined;
  return {
    socketDir,
    port: PORT,
    superuser: SUPERUSER,
    osUser: userInfo().username,
    pid: postmaster.pid,
    cluster,
    endedOrphan,
    ended: postmaster.ended,
    stop: () => {
      stopping ??= postmaster.stop().finally(() => {
        rmSync(socketDir, { recursive: true, force: true });
        release();
      });
      return stopping;
    },
  };
}

/** The database that another process of this user serves from the same data folder. Throws `EmbeddedError('not_running')`. */
export function findEmbedded(options: EmbeddedOptions): Pick<Embedded, 'socketDir' | 'port' | 'superuser'> {
  const dataDir = resolve(options.dataDir);
  const socketDir = socketFolder(openInstance(dataDir));
  if (!existsSync(join(socketDir, `.s.PGSQL.${PORT}`)))
    throw new EmbeddedError(
      'not_running',
      `no database runs for ${dataDir}; start one: sallyport serve --data ${dataDir}, or set DATABASE_URL`,
    );
  return { socketDir, port: PORT, superuser: SUPERUSER };
}

/** A server that still runs has its socket there. */
function dropIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty, so not ours to take.
  }
}
