// What a database says of itself, read without changing anything: for `sallyport doctor`.
import type pg from 'pg';
import { type ConnectOptions, directClient } from './connection.ts';
import { listMigrations } from './migrate.ts';

export interface DatabaseFacts {
  /** 180004 is 18.4. */
  readonly version: number;
  /** Database minus this machine, at the middle of the question. */
  readonly skewMs: number;
  /** Newest migration that was applied; 0 before the first. */
  readonly applied: number;
  /** Newest migration that this release knows. */
  readonly known: number;
}

const WAIT_MS = 5_000;

/** Throws what the driver throws when the database cannot be reached. */
export async function inspectDatabase(options: ConnectOptions): Promise<DatabaseFacts> {
  const client = directClient(options, 'sallyport doctor', {
    connectionTimeoutMillis: WAIT_MS,
    query_timeout: WAIT_MS,
  });
  await client.connect();
  try {
    const asked = Date.now();
    const { rows } = await client.query<{ version: number; now: string; there: boolean }>(
      `select current_setting('server_version_num')::int as version, (extract(epoch from clock_timestamp()) * 1000)::text as now,
         to_regclass('sallyport_meta.migrations') is not null as there`,
    );
    const middle = (asked + Date.now()) / 2;
    const [row] = rows;
    const applied = row?.there === true ? await newestApplied(client) : 0;
    const known = (await listMigrations()).at(-1)?.version ?? 0;
    return { version: row?.version ?? 0, skewMs: Math.round(Number(row?.now) - middle), applied, known };
  } finally {
    await client.end();
  }
}

async function newestApplied(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ newest: number | null }>(
    'select max(version) as newest from sallyport_meta.migrations',
  );
  return rows[0]?.newest ?? 0;
}
