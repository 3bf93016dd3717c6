// A whole node as `serve` makes it, over a database of the test cluster: without a process of its own.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createLog, readConfig, type Served, serve, type Working, work } from '../src/main.ts';
import { TEST_MASTER_KEY, type TestDatabase } from './database.ts';

export interface StartingNode<T extends Working = Served> {
  readonly port: number;
  readonly data: string;
  readonly lines: string[];
  readonly served: Promise<T>;
  /** Closes what came up and takes the data folder away. */
  clear(): Promise<void>;
}

export type Environment = Readonly<Record<string, string>>;

/** The URL under which the server reaches the database of a test. */
export function databaseUrl(database: TestDatabase): string {
  const { host, port, user, database: name } = database.connect.direct;
  return `postgres://${user}@/${name}?host=${encodeURIComponent(host)}&port=${port}`.replace('@/', '@localhost/');
}

/** The keys that all nodes of a test share, as an operator would hand them out. */
const KEYS: Readonly<Record<string, string>> = { 'pepper-1': '07', 'links-1': '05', 'certificates-1': '03' };

/** Writes them into the folder of one node. */
export async function placeKeys(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, byte] of Object.entries(KEYS))
    await writeFile(join(folder, name), `${byte.repeat(32)}\n`, { mode: 0o600 });
}

export function beginNode(database: TestDatabase, port: number, env: Environment = {}): Promise<StartingNode> {
  return begin(serve, database, port, env);
}

/** A node without the API, whose health is at this port. */
export function beginWorkerNode(
  database: TestDatabase,
  port: number,
  env: Environment = {},
): Promise<StartingNode<Working>> {
  const own = { SALLYPORT_ROLES: 'worker', SALLYPORT_HEALTH_ADDRESS: `127.0.0.1:${port}` };
  return begin(work, database, port, { ...own, ...env });
}

async function begin<T extends Working>(
  start: (...args: Parameters<typeof serve>) => Promise<T>,
  database: TestDatabase,
  port: number,
  env: Environment,
): Promise<StartingNode<T>> {
  const data = await mkdtemp(join(tmpdir(), 'sallyport-node-'));
  if (env.SALLYPORT_KEY_FOLDER === undefined) await placeKeys(join(data, 'keys'));
  const lines: string[] = [];
  const config = readConfig({
    env: {
      SALLYPORT_DATA: data,
      SALLYPORT_PORT: String(port),
      DATABASE_URL: databaseUrl(database),
      SALLYPORT_ROLE_PREFIX: database.prefix,
      SALLYPORT_MASTER_KEY: TEST_MASTER_KEY,
      ...env,
    },
    flags: {},
  });
  const served = start(config, createLog({ level: 'debug', write: (line) => lines.push(line) }));
  served.catch(() => undefined);
  return {
    port,
    data,
    lines,
    served,
    clear: async () => {
      await served.then(
        (node) => node.close(),
        () => undefined,
      );
      await rm(data, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Said {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any answer and asserts on it
  readonly json: any;
  readonly headers: Headers;
}

export async function ask(port: number, path: string, init: RequestInit = {}): Promise<Said> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, json: isJson ? JSON.parse(text) : text, headers: response.headers };
}

/** Asks until the answer is as wanted; the runner's limit ends a wait that never comes true. */
export async function until(
  port: number,
  path: string,
  is: (said: Said) => boolean,
  init: RequestInit = {},
): Promise<Said> {
  for (;;) {
    const said = await ask(port, path, init).catch(() => undefined);
    if (said !== undefined && is(said)) return said;
    await delay(20);
  }
}
