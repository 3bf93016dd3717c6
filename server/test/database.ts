// A real database for each test file: cloned from a migrated template of one embedded server.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
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
import { gate } from './db/parser-gate.ts';

const PREFIX = 'sptest';
const TEMPLATE = 'sptest_template';

interface Cluster {
  readonly env: Record<string, string>;
  stop(): Promise<void>;
}

/** Starts the server that all test files share, and migrates the template. */
export async function startTestCluster(): Promise<Cluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sallyport-test-'));
  const embedded = await startEmbedded({ dataDir });
  const server = { host: embedded.socketDir, port: embedded.port, user: embedded.superuser, database: 'postgres' };
  await ensureDatabase(server, TEMPLATE);
  await migrate({ direct: { ...server, database: TEMPLATE }, prefix: PREFIX });
  return {
    env: { SALLYPORT_TEST_SOCKET: embedded.socketDir, SALLYPORT_TEST_PORT: String(embedded.port) },
    stop: async () => {
      await embedded.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface TestDatabase {
  readonly api: Database;
  readonly worker: Database;
  readonly connect: { readonly direct: ConnectOptions; readonly api: ConnectOptions; readonly worker: ConnectOptions };
  readonly prefix: string;
  /** As the superuser, behind every wall: for looking and for breaking things. */
  admin(text: string, values?: unknown[]): Promise<pg.QueryResult<Record<string, unknown>>>;
  drop(): Promise<void>;
}

/** A fresh clone of the template. Every statement passes the parser gate unless the predicate door is off. */
export async function testDatabase(options: { doors?: Doors } = {}): Promise<TestDatabase> {
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
  const open = (role: string): Database =>
    createDatabase({
      connect: login(role),
      prefix: PREFIX,
      max: 8,
      onFault: () => undefined,
      doors,
      onStatement: doors.predicate ? gate : undefined,
    });
  const api = open('api');
  const worker = open('worker');
  const pool = new pg.Pool({ ...direct, max: 3 });
  pool.on('error', () => undefined);
  return {
    api,
    worker,
    connect: { direct, api: login('api'), worker: login('worker') },
    prefix: PREFIX,
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
