// Inventory by construction (RT5): whatever the catalogue of the database holds of tenants is registered, closed to late writers, and
// emptied in an order that its foreign keys allow.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { STORES } from '../../src/purge/purge.ts';
import { OPERATOR_STORES } from '../../src/purge/stores.ts';
import { RETENTION } from '../../src/retention/retention.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});
after(() => database.drop());

/** Columns that could say whose a row is: by name, or because the type could hold an id and the table is not known to be free of one. */
const FREE_OF_TENANTS: ReadonlySet<string> = new Set([
  'sys.workers',
  'sys.master_keys',
  // Its names are digests: no id of a tenant is there.
  'sys.rates',
  'sys.billing_parked',
  // Nodes and versions of keys.
  'sys.key_holders',
  'sallyport_meta.migrations',
]);

async function unregistered(): Promise<string[]> {
  const { rows } = await database.admin(
    `select n.nspname as schema, c.relname as name, exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped) as named
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%' order by 1, 2`,
  );
  const known = new Set<string>([
    ...STORES.map((name) => `app.${name}`),
    ...Object.keys(OPERATOR_STORES).map((name) => `sys.${name}`),
  ]);
  return rows
    .filter((row) => row.named === true || !FREE_OF_TENANTS.has(`${row.schema}.${row.name}`))
    .map((row) => `${row.schema}.${row.name}`)
    .filter((name) => !known.has(name));
}

test('every table of every schema is registered as a store, or known to be free of tenants', async () => {
  assert.deepEqual(await unregistered(), []);
  const { rows } = await database.admin(
    `select c.relname from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')`,
  );
  assert.deepEqual(rows.map((row) => String(row.relname)).sort(), [...STORES].sort());
});

test('a table that is not registered is seen, in a schema of ours and in any other, with a tenant column and without', async () => {
  await database.admin('create table app.notes (tenant_id uuid, text text)');
  await database.admin('create table public.scratch (tenant_id uuid)');
  await database.admin('create schema elsewhere create table cache (key text, value text)');
  assert.deepEqual(await unregistered(), ['app.notes', 'elsewhere.cache', 'public.scratch']);
  await database.admin('drop table app.notes, public.scratch; drop schema elsewhere cascade');
});

interface Reference {
  readonly from: string;
  readonly to: string;
}

async function references(): Promise<Reference[]> {
  const { rows } = await database.admin(
    `select f.relname as from, t.relname as to from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
     where k.contype = 'f' and f.relnamespace = 'app'::regnamespace and f.oid <> t.oid`,
  );
  return rows.map((row) => ({ from: String(row.from), to: String(row.to) }));
}

test('a store is emptied before those that it refers to', async () => {
  const at = (name: string): number => (STORES as readonly string[]).indexOf(name);
  const wrong = (await references()).filter(({ from, to }) => at(from) > at(to));
  assert.deepEqual(wrong, []);
});

test('every store refers to the row of the tenant, itself or over others: once that is gone no row can come', async () => {
  const all = await references();
  const bound = new Set<string>(['tenants']);
  for (let size = 0; size !== bound.size; ) {
    size = bound.size;
    for (const { from, to } of all) if (bound.has(to)) bound.add(from);
  }
  assert.deepEqual(
    STORES.filter((name) => !bound.has(name)),
    [],
  );
});

test('every table that the tenant role writes is closed when the tenant is being deleted', async () => {
  const { rows } = await database.admin(
    `select c.relname from pg_class c
     where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and (
       (has_any_column_privilege($1, c.oid, 'insert') and not exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'closed_insert' and not p.polpermissive))
       or (has_any_column_privilege($1, c.oid, 'update') and not exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'closed_update' and not p.polpermissive)))`,
    [`${database.prefix}_tenant`],
  );
  assert.deepEqual(rows, []);
});

test('the purger may read and delete every store', async () => {
  const { rows } = await database.admin(
    `select c.relname from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p')
       and not (has_table_privilege($1, c.oid, 'select') and has_table_privilege($1, c.oid, 'delete'))`,
    [`${database.prefix}_purger`],
  );
  assert.deepEqual(rows, []);
});

test('the defaults of the database are those of the table in the code', async () => {
  for (const [name, { days }] of Object.entries(RETENTION)) {
    const { rows } = await database.admin(
      `select round(extract(epoch from clock_timestamp() - app.kept_since($1)) / 86400)::int as days`,
      [name],
    );
    const fixed = ['idempotency', 'audit', 'usage', 'billing'].includes(name);
    assert.equal(rows[0]?.days, fixed ? null : days, name);
  }
});
