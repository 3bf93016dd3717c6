// A whole node as `serve` makes it, over a database of the test cluster: without a process of its own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, readConfig, type Served, serve } from '../src/main.ts';
import { TEST_MASTER_KEY, type TestDatabase } from './database.ts';

export interface StartingNode {
  readonly port: number;
  readonly data: string;
  readonly lines: string[];
  readonly served: Promise<Served>;
  /** Closes what came up and takes the data folder away. */
  clear(): Promise<void>;
}

export type Environment = Readonly<Record<string, string>>;

/** The URL under which the server reaches the database of a test. */
export function databaseUrl(database: TestDatabase): string {
  const { host, port, user, database: name } = database.connect.direct;
  return `postgres://${user}@/${name}?host=${encodeURIComponent(host)}&port=${port}`.replace('@/', '@localhost/');
}

export async function beginNode(database: TestDatabase, port: number, env: Environment = {}): Promise<StartingNode> {
  const data = await mkdtemp(join(tmpdir(), 'sallyport-node-'));
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
  const served = serve(config, createLog({ level: 'debug', write: (line) => lines.push(line) }));
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
