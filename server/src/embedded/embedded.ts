// Owns the embedded PostgreSQL: binaries, cluster, private socket, and that it never outlives its parent.
// Promises one process tree: a watcher ends the database within 2 s of the parent's death, however it died.
// Must never listen on a network, use `trust`, or start on a cluster that another live process holds.
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { installBinaries } from './binaries.ts';
import { initCluster } from './cluster.ts';
import { canEnter, chooseUser } from './database-user.ts';
import { EmbeddedError } from './embedded-error.ts';
import { endOrphan, isAlive, type Postmaster, startPostmaster } from './postmaster.ts';

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
  readonly pid: number;
  stop(): Promise<void>;
}

const SUPERUSER = 'postgres';
const PORT = 5432;

/** Starts the database of a data folder, making the cluster on the first start. Throws `EmbeddedError`. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const dataDir = resolve(options.dataDir);
  const shared = options.sharedDir ?? '/var/lib/sallyport';
  const instance = openInstance(dataDir);
  const release = takeLock(dataDir);
  try {
    const first = chooseUser(join(dataDir, 'db'));
    const inside = canEnter(first, dataDir);
    const cluster = inside ? join(dataDir, 'db') : join(shared, 'db', instance);
    const user = chooseUser(cluster);
    const binaries = await installBinaries(user.other ? join(shared, 'pg') : join(dataDir, 'pg'));
    const socketDir = makeSocketDir(instance, user);
    await endOrphan(cluster);
    await initCluster({ binaries, cluster, user, superuser: SUPERUSER });
    const postmaster: Postmaster = await startPostmaster({ binaries, cluster, user, socketDir, port: PORT });
    let stopping: Promise<void> | undefined;
    return {
      socketDir,
      port: PORT,
      superuser: SUPERUSER,
      pid: postmaster.pid,
      stop: () => {
        stopping ??= postmaster.stop().finally(() => {
          rmSync(socketDir, { recursive: true, force: true });
          release();
        });
        return stopping;
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** The id that ties a data folder to its cluster and socket. */
function openInstance(dataDir: string): string {
  const path = join(dataDir, 'instance.json');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    if (existsSync(path)) return (JSON.parse(readFileSync(path, 'utf8')) as { id: string }).id;
    const id = randomBytes(12).toString('hex');
    writeFileSync(path, `${JSON.stringify({ id })}\n`, { mode: 0o600, flag: 'wx' });
    return id;
  } catch (cause) {
    throw new EmbeddedError(
      'data_unwritable',
      `cannot write ${dataDir} as uid ${process.getuid?.() ?? '?'}: ${String(cause)}; mend it: chown -R ${process.getuid?.() ?? '$USER'} ${dataDir}`,
    );
  }
}

function takeLock(dataDir: string): () => void {
  const path = join(dataDir, 'instance.pid');
  if (existsSync(path)) {
    const pid = Number(readFileSync(path, 'utf8').trim());
    if (pid !== process.pid && isAlive(pid) && isNode(pid))
      throw new EmbeddedError('locked', `process ${pid} serves ${dataDir} already; stop it first: kill ${pid}`);
  }
  writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  return () => rmSync(path, { force: true });
}

/** A pid of a dead instance may belong to anything by now; only another Node.js can be a live holder. */
function isNode(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('node');
  } catch {
    return process.platform !== 'linux';
  }
}

/** A private folder for the socket: its path must stay below 103 bytes, so it cannot live under the data folder. */
function makeSocketDir(instance: string, user: { uid: number; gid: number; other: boolean }): string {
  const path = join('/tmp', `sp-${instance.slice(0, 12)}`);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const owner = statSync(path);
  const own = process.getuid?.() ?? owner.uid;
  if (owner.uid !== own && owner.uid !== user.uid)
    throw new EmbeddedError('wrong_owner', `${path} belongs to uid ${owner.uid}; remove it: rm -r ${path}`);
  if ((owner.mode & 0o077) !== 0)
    throw new EmbeddedError('wrong_owner', `${path} is open to others; remove it: rm -r ${path}`);
  if (user.other) chownSync(path, user.uid, user.gid);
  return path;
}
