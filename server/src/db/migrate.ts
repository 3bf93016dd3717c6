// Forward-only migrations under one lock. A released file never changes; an older binary on a newer schema refuses (S18).
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { fault } from '../errors.ts';
import { release } from '../release.ts';
import { type ConnectOptions, directClient } from './connection.ts';
import { letCopierRead, makeRoles, type Passwords } from './roles.ts';

export interface MigrateOptions {
  /** Owner of the database with CREATEROLE (or superuser), on a direct connection. */
  readonly direct: ConnectOptions;
  /** Roles are cluster-wide: their names begin with this. */
  readonly prefix: string;
  /** Passwords of the login roles; without one a role can enter by peer authentication only. */
  readonly passwords?: Passwords | undefined;
  /** Judges, before anything is written, what a database from an earlier boot counts on; throws to refuse. */
  readonly before?: ((masterKeys: readonly { version: number; fingerprint: Uint8Array }[]) => void) | undefined;
  /** Where the files lie; those of this release unless told. */
  readonly folder?: URL | undefined;
  readonly onProgress?: ((done: number, all: number, name: string) => void) | undefined;
  /** While another node migrates: how far it is, of how many since this one began to wait. */
  readonly onWait?: ((done: number, all: number) => void) | undefined;
  /** Goes no further than this migration: a restore fills the schema that its file was made of. */
  readonly upTo?: number | undefined;
  /** Only a restore goes on with a target that is half restored. */
  readonly restoring?: boolean | undefined;
}

const PREFIX = /^[a-z][a-z0-9_]{0,20}$/;
const LOCK = 2_109_001;
const LOOK_MS = 250;
const FOLDER = new URL('./migrations/', import.meta.url);

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
  readonly digest: string;
}

/** The migrations of this release, in order. */
export async function listMigrations(folder: URL = FOLDER): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { version: Number(name.slice(0, 4)), name, text, digest: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** Brings the database to this release. Safe to call from many nodes at once: one migrates, the rest wait. */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  if (!PREFIX.test(options.prefix))
    throw fault('configuration', { detail: 'the role prefix must be a short lower-case word' });
  const client = directClient(options.direct, 'sallyport migrate');
  await client.connect();
  try {
    await waitForTurn(client, options);
    if (options.restoring !== true) await demandWhole(client);
    options.before?.(await standingMasterKeys(client));
    await makeRoles(client, options.prefix, options.passwords);
    const applied = await applyAll(client, options);
    await letCopierRead(client, options.prefix);
    return { applied };
  } finally {
    await client.end();
  }
}

async function waitForTurn(client: pg.Client, options: MigrateOptions): Promise<void> {
  const turn = new AbortController();
  const told = tellProgress(options, turn.signal).catch(() => undefined);
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
  } finally {
    turn.abort();
    await told;
  }
}

/** Reads, on a session of its own, what the node that migrates has written down so far. */
async function tellProgress({ direct, folder, onWait }: MigrateOptions, turn: AbortSignal): Promise<void> {
  if (onWait === undefined) return;
  await delay(LOOK_MS, undefined, { signal: turn });
  const known = (await listMigrations(folder)).length;
  const client = directClient(direct, 'sallyport migrate');
  client.on('error', () => undefined);
  await client.connect();
  try {
    const before = await countApplied(client);
    for (;;) {
      onWait(Math.min((await countApplied(client)) - before + 1, known - before), known - before);
      await delay(LOOK_MS, undefined, { signal: turn });
    }
  } finally {
    await client.end();
  }
}

async function countApplied(client: pg.Client): Promise<number> {
  const { rows: there } = await client.query<{ t: string | null }>(
    `select to_regclass('sallyport_meta.migrations')::text as t`,
  );
  if (there[0]?.t == null) return 0;
  const { rows } = await client.query<{ n: number }>('select count(*)::int as n from sallyport_meta.migrations');
  return rows[0]?.n ?? 0;
}

/** A restore that was killed leaves tables that are not all there: nothing may be built on them. */
async function demandWhole(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ t: string | null }>(
    `select to_regclass('sallyport_meta.restoring')::text as t`,
  );
  if (rows[0]?.t != null)
    throw fault('half_restored', { detail: 'begin it again with the same file: sallyport restore FILE' });
}

async function standingMasterKeys(client: pg.Client): Promise<{ version: number; fingerprint: Uint8Array }[]> {
  const { rows: there } = await client.query<{ t: string | null }>(`select to_regclass('sys.master_keys')::text as t`);
  if (there[0]?.t == null) return [];
  const { rows } = await client.query<{ version: number; fingerprint: Uint8Array }>(
    'select version, fingerprint from sys.master_keys where retired_at is null order by version',
  );
  return rows;
}

async function applyAll(client: pg.Client, options: MigrateOptions): Promise<string[]> {
  await client.query(`create schema if not exists sallyport_meta`);
  await client.query(`create table if not exists sallyport_meta.migrations
    (version int primary key, name text not null, sha256 text not null, applied_at timestamptz not null default clock_timestamp())`);
  await client.query('alter table sallyport_meta.migrations add column if not exists release text');
  const known = await listMigrations(options.folder);
  const done = await client.query<{ version: number; sha256: string; release: string | null }>(
    'select version, sha256, release from sallyport_meta.migrations order by version',
  );
  const newest = known.at(-1)?.version ?? 0;
  for (const row of done.rows) {
    const file = known.find((migration) => migration.version === row.version);
    if (file === undefined) throw newer(done.rows.at(-1) ?? row, newest);
    if (file.digest !== row.sha256)
      throw fault('configuration', { detail: `the released migration ${file.name} was changed` });
  }
  const open = known.filter(
    ({ version }) => version <= (options.upTo ?? version) && !done.rows.some((row) => row.version === version),
  );
  for (const [index, migration] of open.entries()) {
    options.onProgress?.(index + 1, open.length, migration.name);
    await client.query('begin');
    try {
      await client.query(migration.text.replaceAll('{{p}}', options.prefix));
      await client.query(
        'insert into sallyport_meta.migrations (version, name, sha256, release) values ($1, $2, $3, $4)',
        [migration.version, migration.name, migration.digest, release()],
      );
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw fault('database', {
        detail: `migration ${migration.name} failed and was rolled back: ${error instanceof Error ? error.message : ''}`,
        cause: error,
      });
    }
  }
  return open.map((migration) => migration.name);
}

function newer(row: { readonly version: number; readonly release: string | null }, known: number): Error {
  const by = row.release ?? 'a later release';
  return fault('schema_newer', {
    detail: `the database stands at migration ${row.version}, made by ${by}; this is ${release()}, which knows ${known}: start ${by} or a later one`,
  });
}

/** Makes the database when the server does not have it yet. */
export async function ensureDatabase(server: ConnectOptions, name: string, template?: string): Promise<void> {
  if (!/^[a-z][a-z0-9_]{0,50}$/.test(name) || (template !== undefined && !/^[a-z][a-z0-9_]{0,50}$/.test(template)))
    throw fault('configuration', { detail: 'a database name is a short lower-case word' });
  const client = new pg.Client({ host: server.host, port: server.port, user: server.user, database: server.database });
  await client.connect();
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0)
      await client.query(`create database ${name}${template === undefined ? '' : ` template ${template}`}`);
  } finally {
    await client.end();
  }
}
