// One moment of a whole database, read table by table in the text form of COPY, in constant memory.
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type ConnectOptions, directClient } from '../connection.ts';

export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
  /** The release that applied it; unknown for the first ones. */
  readonly release: string | null;
}

export interface TableShape {
  /** With its schema: `app.runs`. */
  readonly name: string;
  readonly columns: readonly string[];
}

export interface Sequence {
  readonly name: string;
  readonly last: string;
  readonly called: boolean;
}

export interface BlobPlace {
  readonly tenantId: string;
  readonly blobId: string;
}

export interface DatabaseSnapshot {
  readonly migrations: readonly AppliedMigration[];
  readonly masterKeys: readonly { readonly version: number; readonly fingerprint: string }[];
  /** What is kept, in an order in which it can be filled: what refers to another comes after it. */
  readonly tables: readonly TableShape[];
  readonly tenants: number;
  /** Chunks of whole rows, and after the last how many there were. Read to its end before anything else is asked. */
  rows(table: TableShape): AsyncIterable<Uint8Array> & { readonly rowCount: number };
  /** Each place where stored bytes rest, once. */
  blobs(): AsyncIterable<BlobPlace>;
  /** Whether the bytes are still wanted now, outside the moment of the snapshot. */
  wanted(place: BlobPlace): Promise<boolean>;
  sequences(): Promise<readonly Sequence[]>;
  close(): Promise<void>;
}

/** What is true of the running nodes only. Unlogged tables are left out besides. */
const LEFT_OUT = ['sys.workers', 'sys.key_holders'];
const PAGE = 1_000;

const TABLES = `
  select c.oid::int as oid, format('%I.%I', n.nspname, c.relname) as name,
    array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
          order by a.attnum) as columns,
    array(select distinct k.confrelid::int from pg_constraint k where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as needs
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app', 'sys') and c.relkind in ('r', 'p') and c.relpersistence = 'p' and not c.relispartition order by 2`;
const SEQUENCES = `
  select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app', 'sys') and c.relkind = 'S' order by 1`;
const BLOBS = `
  select distinct a.tenant_id, a.blob_id from app.artifacts a
  where a.state = 'stored' and ($1::uuid is null or (a.tenant_id, a.blob_id) > ($1::uuid, $2::uuid)) order by 1, 2 limit ${PAGE}`;
const WANTED = `select 1 from app.artifacts a where a.tenant_id = $1 and a.blob_id = $2 and a.state = 'stored' limit 1`;
/** The text of every value reads back as the same value, whatever the server is set to. */
const SESSION = [
  `set local timezone = 'UTC'`,
  `set local datestyle = 'ISO, YMD'`,
  `set local intervalstyle = 'postgres'`,
  'set local extra_float_digits = 1',
  `set local bytea_output = 'hex'`,
  'set local statement_timeout = 0',
  'set local idle_in_transaction_session_timeout = 0',
];

interface TableRow {
  readonly oid: number;
  readonly name: string;
  readonly columns: readonly string[];
  readonly needs: readonly number[];
}

/** By the owner of the database on a direct connection. */
export async function openSnapshot(connect: ConnectOptions, prefix: string): Promise<DatabaseSnapshot> {
  const client = await enter(connect);
  try {
    return await describe(client, connect, prefix);
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function enter(connect: ConnectOptions): Promise<pg.Client> {
  const client = directClient(connect, 'sallyport backup', { keepAlive: true });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    for (const statement of SESSION) await client.query(statement);
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function describe(client: pg.Client, connect: ConnectOptions, prefix: string): Promise<DatabaseSnapshot> {
  const applied = await client.query<AppliedMigration>(
    'select version, name, sha256, release from sallyport_meta.migrations order by version',
  );
  await client.query(`set local role ${prefix}_copier`);
  const masters = await client.query<{ version: number; fingerprint: string }>(
    `select version, encode(fingerprint, 'hex') as fingerprint from sys.master_keys where retired_at is null order by version`,
  );
  const tables = inOrder((await client.query<TableRow>(TABLES)).rows).filter(({ name }) => !LEFT_OUT.includes(name));
  const tenants = await client.query<{ n: number }>('select count(*)::int as n from app.tenants');
  let other: pg.Client | undefined;
  return {
    migrations: applied.rows,
    masterKeys: masters.rows,
    tables,
    tenants: tenants.rows[0]?.n ?? 0,
    rows: ({ name, columns }) => client.query(copyTo(`copy (select ${listOf(columns)} from ${name}) to stdout`)),
    blobs: () => pages(client),
    wanted: async ({ tenantId, blobId }) => {
      other ??= await enter(connect);
      await other.query('commit');
      await other.query('begin read only');
      await other.query(`set local role ${prefix}_copier`);
      return (await other.query(WANTED, [tenantId, blobId])).rowCount === 1;
    },
    sequences: async () => {
      const { rows } = await client.query<{ name: string }>(SEQUENCES);
      const found: Sequence[] = [];
      for (const { name } of rows) {
        const one = await client.query<{ last: string; called: boolean }>(
          `select last_value::text as last, is_called as called from ${name}`,
        );
        found.push({ name, last: one.rows[0]?.last ?? '1', called: one.rows[0]?.called ?? false });
      }
      return found;
    },
    close: async () => {
      await client.end();
      await other?.end();
    },
  };
}

/** Identifiers of our own schema; quoted because some are words of SQL. */
export function listOf(columns: readonly string[]): string {
  return columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ');
}

function inOrder(rows: readonly TableRow[]): TableShape[] {
  const sorted: TableRow[] = [];
  const left = new Set(rows);
  while (left.size > 0) {
    const free = [...left].filter(({ needs }) => needs.every((oid) => ![...left].some((other) => other.oid === oid)));
    // A circle of references would need deferred constraints; there is none, and a test would see one.
    if (free.length === 0) throw new TypeError('tables refer to one another in a circle');
    for (const row of free) left.delete(row);
    sorted.push(...free);
  }
  return sorted.map(({ name, columns }) => ({ name, columns }));
}

async function* pages(client: pg.Client): AsyncGenerator<BlobPlace> {
  let last: BlobPlace | undefined;
  for (;;) {
    const { rows } = await client.query<{ tenant_id: string; blob_id: string }>(BLOBS, [
      last?.tenantId ?? null,
      last?.blobId ?? null,
    ]);
    for (const row of rows) {
      last = { tenantId: row.tenant_id, blobId: row.blob_id };
      yield last;
    }
    if (rows.length < PAGE) return;
  }
}
