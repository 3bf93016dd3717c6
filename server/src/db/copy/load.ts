// Fills the tables of a migrated, empty database, all in one transaction: until its commit nobody sees a row of it.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { type ConnectOptions, directClient } from '../connection.ts';
import { type BlobPlace, listOf, type Sequence, type TableShape } from './snapshot.ts';

export interface DatabaseLoad {
  /** The tables of the target, to compare a file's with. */
  readonly tables: readonly TableShape[];
  /** Answers the rows. */
  fill(table: TableShape, bytes: AsyncIterable<Uint8Array>): Promise<number>;
  /** Artifacts whose bytes were deleted while the backup was made: their deletion goes on here. */
  dropArtifacts(places: readonly BlobPlace[]): Promise<void>;
  /** Every key of every tenant that was not destroyed, as it is wrapped. */
  tenantKeys(): AsyncIterable<WrappedTenantKey>;
  setSequences(sequences: readonly Sequence[]): Promise<void>;
  /** Ends what must not live again: sessions and one-time links. */
  endSignIns(): Promise<void>;
  commit(): Promise<void>;
  /** Without a commit before it nothing is left. */
  close(): Promise<void>;
}

export interface WrappedTenantKey {
  readonly tenantId: string;
  readonly keyId: string;
  readonly purpose: string;
  readonly masterVersion: number;
  readonly wrapped: Uint8Array;
}

const PAGE = 1_000;
const KEYS = `
  select k.tenant_id as "tenantId", k.key_id as "keyId", k.purpose, k.master_version as "masterVersion", k.wrapped from app.tenant_keys k
  where k.state <> 'destroyed' and ($1::uuid is null or (k.tenant_id, k.key_id) > ($1::uuid, $2::text)) order by k.tenant_id, k.key_id limit ${PAGE}`;
const TABLES = `
  select format('%I.%I', n.nspname, c.relname) as name, c.relforcerowsecurity as forced,
    array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
          order by a.attnum) as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ('app', 'sys') and c.relkind in ('r', 'p') order by 1`;

interface Target extends TableShape {
  readonly forced: boolean;
}

export async function openLoad(connect: ConnectOptions, prefix: string): Promise<DatabaseLoad> {
  const client = directClient(connect, 'sallyport restore', { keepAlive: true });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await begin(client, prefix);
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function begin(client: pg.Client, prefix: string): Promise<DatabaseLoad> {
  await client.query('begin');
  await client.query('set local statement_timeout = 0');
  await client.query('set local idle_in_transaction_session_timeout = 0');
  await client.query(`set local role ${prefix}_owner`);
  const { rows: targets } = await client.query<Target>(TABLES);
  // Inside this transaction alone: its commit finds every wall standing as before.
  const forced = targets.filter((table) => table.forced);
  for (const { name } of forced) await client.query(`alter table ${name} no force row level security`);
  return {
    tables: targets,
    fill: async ({ name, columns }, bytes) => {
      const sink = client.query(copyFrom(`copy ${name} (${listOf(columns)}) from stdin`));
      await pipeline(Readable.from(bytes), sink);
      return sink.rowCount;
    },
    dropArtifacts: async (places) => {
      await client.query(
        `update app.artifacts a set state = 'deleting' from unnest($1::uuid[], $2::uuid[]) as g(tenant_id, blob_id)
         where a.tenant_id = g.tenant_id and a.blob_id = g.blob_id`,
        [places.map((place) => place.tenantId), places.map((place) => place.blobId)],
      );
    },
    tenantKeys: () => keysOf(client),
    setSequences: async (sequences) => {
      for (const { name, last, called } of sequences)
        await client.query('select setval($1::text::regclass, $2::bigint, $3)', [name, last, called]);
    },
    endSignIns: async () => {
      await client.query('update app.sessions s set ended_at = clock_timestamp() where s.ended_at is null');
      await client.query('delete from sys.setup_links');
    },
    commit: async () => {
      for (const { name } of forced) await client.query(`alter table ${name} force row level security`);
      await client.query('commit');
    },
    close: () => client.end(),
  };
}

async function* keysOf(client: pg.Client): AsyncGenerator<WrappedTenantKey> {
  let last: WrappedTenantKey | undefined;
  for (;;) {
    const { rows } = await client.query<WrappedTenantKey>(KEYS, [last?.tenantId ?? null, last?.keyId ?? null]);
    yield* rows;
    last = rows.at(-1);
    if (rows.length < PAGE) return;
  }
}
