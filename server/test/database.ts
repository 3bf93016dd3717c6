// A real database for each test file: cloned from a migrated template of one embedded server.
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  type ConnectOptions,
  createDatabase,
  type Database,
  type Doors,
  ensureDatabase,
  migrate,
} from '../src/db/db.ts';
import { startEmbedded } from '../src/embedded/embedded.ts';
import { processesOf, startMark } from '../src/embedded/process-table.ts';
import { createMasterKeys, type MasterKeys, openVault, registerMasterKey, type Vault } from '../src/vault/vault.ts';
import { gate } from './db/parser-gate.ts';

const PREFIX = 'sptest';
const TEMPLATE = 'sptest_template';

interface Cluster {
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

const FOLDER = 'sallyport-test-';
/** Says in the folder of a run whose it is: pid and time of start of the process. */
const HOLDER = 'holder';

/** Takes away the folders of runs that were killed: each names its holder, and neither that nor a server in it lives. */
export async function clearLeftovers(parent = tmpdir()): Promise<string[]> {
  const cleared: string[] = [];
  for (const name of (await readdir(parent)).filter((entry) => entry.startsWith(FOLDER))) {
    const folder = join(parent, name);
    const [pid = '', mark = ''] = (await readFile(join(folder, HOLDER), 'utf8').catch(() => '')).trim().split(' ');
    if (mark === '' || startMark(Number(pid)) === mark) continue;
    const shared = join(folder, 'shared', 'db');
    const clusters = (await readdir(shared).catch(() => [])).map((cluster) => join(shared, cluster));
    if ([join(folder, 'data', 'db'), ...clusters].some((cluster) => processesOf(cluster).length > 0)) continue;
    await rm(folder, { recursive: true, force: true });
    cleared.push(folder);
  }
  return cleared;
}

/** Starts the server that all test files share, and migrates the template. All it makes lies in one folder, gone after `stop`. */
export async function startTestCluster(): Promise<Cluster> {
  await clearLeftovers();
  const folder = await mkdtemp(join(tmpdir(), FOLDER));
  // Root's database runs as another user, who must be able to enter; the data folder itself is private.
  await chmod(folder, 0o755);
  await writeFile(join(folder, HOLDER), `${process.pid} ${startMark(process.pid) ?? ''}\n`);
  try {
    return await startIn(folder);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(folder: string): Promise<Cluster> {
  const embedded = await startEmbedded({ dataDir: join(folder, 'data'), sharedDir: join(folder, 'shared') });
  const server = { host: embedded.socketDir, port: embedded.port, user: embedded.superuser, database: 'postgres' };
  try {
    await ensureDatabase(server, TEMPLATE);
    await migrate({ direct: { ...server, database: TEMPLATE }, prefix: PREFIX });
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return {
    env: { SALLYPORT_TEST_SOCKET: embedded.socketDir, SALLYPORT_TEST_PORT: String(embedded.port) },
    stop: async () => {
      await embedded.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface TestDatabase {
  readonly api: Database;
  readonly worker: Database;
  readonly connect: { readonly direct: ConnectOptions; readonly api: ConnectOptions; readonly worker: ConnectOptions };
  readonly prefix: string;
  readonly vault: Vault;
  readonly master: MasterKeys;
  /** As the superuser, behind every wall: for looking and for breaking things. */
  admin(text: string, values?: unknown[]): Promise<pg.QueryResult<Record<string, unknown>>>;
  drop(): Promise<void>;
}

/** The master key of every test database, in every process of a test. */
export const TEST_MASTER_KEY = '09'.repeat(32);
export const testMaster = (): MasterKeys => createMasterKeys(() => new Map([[1, Buffer.from(TEST_MASTER_KEY, 'hex')]]));
export const testVault = (sealing = true): Promise<Vault> =>
  openVault({ master: testMaster(), monotonic: () => performance.now(), doors: { sealing } });

/** A fresh clone of the template. Every statement passes the parser gate unless the predicate door is off. */
export async function testDatabase(options: { doors?: Doors; sealing?: boolean } = {}): Promise<TestDatabase> {
  let own: Cluster | undefined;
  let socket = process.env.SALLYPORT_TEST_SOCKET;
  let port = process.env.SALLYPORT_TEST_PORT;
  if (socket === undefined || port === undefined) {
    own = await startTestCluster();
    socket = own.env.SALLYPORT_TEST_SOCKET ?? '';
    port = own.env.SALLYPORT_TEST_PORT ?? '5432';
  }
  const name = `sptest_${createHash('sha256').update(randomBytes(16)).digest('hex').slice(0, 16)}`;
  const server: ConnectOptions = { host: socket, port: Number(port), user: 'postgres', database: 'postgres' };
  await ensureDatabase(server, name, TEMPLATE);
  const direct = { ...server, database: name };
  const login = (role: string): ConnectOptions => ({ ...direct, user: `${PREFIX}_${role}` });
  const doors = options.doors ?? { predicate: true };
  const master = testMaster();
  const vault = await testVault(options.sealing);
  const open = (role: string): Database =>
    createDatabase({
      keys: vault,
      connect: login(role),
      prefix: PREFIX,
      max: 8,
      onFault: () => undefined,
      doors,
      onStatement: doors.predicate ? gate : undefined,
    });
  const api = open('api');
  const worker = open('worker');
  await registerMasterKey(api, master);
  const pool = new pg.Pool({ ...direct, max: 3 });
  pool.on('error', () => undefined);
  return {
    api,
    worker,
    connect: { direct, api: login('api'), worker: login('worker') },
    prefix: PREFIX,
    vault,
    master,
    admin: (text, values) => pool.query(text, values),
    drop: async () => {
      await Promise.all([api.close(), worker.close(), pool.end()]);
      const client = new pg.Client({ ...server });
      await client.connect();
      await client.query(`drop database if exists ${name} with (force)`);
      await client.end();
      await own?.stop();
    },
  };
}
