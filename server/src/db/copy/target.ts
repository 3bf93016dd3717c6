// The target of a restore: empty, taken, or half restored by one that was killed. The mark is there before the first table and goes last.
import type pg from 'pg';
import { type ConnectOptions, directClient } from '../connection.ts';

export type TargetState = 'empty' | 'half' | 'taken';

const STATE = `
  select to_regclass('sallyport_meta.restoring') is not null as half,
    exists (select 1 from pg_namespace n where n.nspname in ('app', 'sys')) or to_regclass('sallyport_meta.migrations') is not null as taken`;

async function withOwner<T>(connect: ConnectOptions, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = directClient(connect, 'sallyport restore');
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export function readTarget(connect: ConnectOptions): Promise<TargetState> {
  return withOwner(connect, async (client) => {
    const { rows } = await client.query<{ half: boolean; taken: boolean }>(STATE);
    if (rows[0]?.half === true) return 'half';
    return rows[0]?.taken === true ? 'taken' : 'empty';
  });
}

/** From here on the database says that it is half restored: no server starts on it. */
export function markTarget(connect: ConnectOptions, digest: string): Promise<void> {
  return withOwner(connect, async (client) => {
    await client.query('create schema if not exists sallyport_meta');
    await client.query(
      'create table if not exists sallyport_meta.restoring (file text not null, begun_at timestamptz not null default clock_timestamp())',
    );
    await client.query('insert into sallyport_meta.restoring (file) values ($1)', [digest]);
  });
}

/** Takes away what a restore that was killed had put there. The mark stays. */
export function clearTarget(connect: ConnectOptions, prefix: string): Promise<void> {
  return withOwner(connect, async (client) => {
    await client.query('begin');
    await client.query('drop table if exists sallyport_meta.migrations');
    const { rows } = await client.query<{ name: string }>(
      `select n.nspname as name from pg_namespace n where n.nspname in ('app', 'sys') order by 1`,
    );
    if (rows.length > 0) await client.query(`set local role ${prefix}_owner`);
    for (const { name } of rows) await client.query(`drop schema ${name} cascade`);
    await client.query('commit');
  });
}

export function unmarkTarget(connect: ConnectOptions): Promise<void> {
  return withOwner(connect, async (client) => {
    await client.query('drop table if exists sallyport_meta.restoring');
  });
}
