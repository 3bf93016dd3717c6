import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sql } from '../../src/db/db.ts';
import { newId, type RunId, type TenantId, type UserId } from '../../src/ids.ts';
import { mintPrincipal } from '../../src/principal.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import { gate, TENANT_TABLES } from './parser-gate.ts';

let database: TestDatabase;
const tenantA = newId<TenantId>();
const tenantB = newId<TenantId>();
const as = (tenantId: TenantId) => mintPrincipal({ kind: 'setup', tenantId });
const read = (row: { text(name: string): string }): string => row.text('id');

before(async () => {
  database = await testDatabase();
  for (const [tenant, name] of [
    [tenantA, 'A'],
    [tenantB, 'B'],
  ] as const) {
    await database.api.system('create_tenant', [tenant, name], () => null);
    const scope = database.api.tenant(as(tenant));
    await scope.run(
      sql`insert into users (tenant_id, id, name, role) values (${scope.value}, ${newId<UserId>()}, ${name}, ${'owner'})`,
    );
  }
});
after(() => database.drop());

test('a scope sees its own tenant and no other', async () => {
  const scope = database.api.tenant(as(tenantA));
  const names = await scope.rows(sql`select u.name from users u where ${scope.mine('u')}`, (row) => row.text('name'));
  assert.deepEqual(names, ['A']);
});

test('either door alone holds a forgotten predicate; with both removed the other tenant is read', async () => {
  const open = await testDatabase({ doors: { predicate: false } });
  try {
    for (const [tenant, name] of [
      [tenantA, 'A'],
      [tenantB, 'B'],
    ] as const) {
      await open.api.system('create_tenant', [tenant, name], () => null);
      const scope = open.api.tenant(as(tenant));
      await scope.run(
        sql`insert into users (tenant_id, id, name, role) values (${scope.value}, ${newId<UserId>()}, ${name}, ${'owner'})`,
      );
    }
    const scope = open.api.tenant(as(tenantA));
    const names = () =>
      scope.rows(sql`select u.name from users u where ${scope.mine('u')} order by u.name`, (row) => row.text('name'));
    assert.deepEqual(await names(), ['A'], 'row-level security alone holds');
    await open.admin('alter table app.users disable row level security');
    assert.deepEqual(await names(), ['A', 'B'], 'the attack has teeth');
  } finally {
    await open.drop();
  }
  await database.admin('alter table app.users disable row level security');
  try {
    const scope = database.api.tenant(as(tenantA));
    assert.deepEqual(
      await scope.rows(sql`select u.name from users u where ${scope.mine('u')}`, (row) => row.text('name')),
      ['A'],
      'the predicate alone holds',
    );
  } finally {
    await database.admin('alter table app.users enable row level security');
  }
});

test('a row of another tenant can be neither written nor moved', async () => {
  const scope = database.api.tenant(as(tenantA));
  await assert.rejects(
    scope.run(
      sql`insert into users (tenant_id, id, name, role) select ${tenantB}::uuid, ${newId<UserId>()}, ${'x'}, ${'owner'} from users u where ${scope.mine('u')}`,
    ),
  );
});

test('one statement is one transaction, and a failed one leaves the connection usable', async () => {
  const scope = database.api.tenant(as(tenantA));
  for (let round = 0; round < 20; round++) {
    await assert.rejects(scope.rows(sql`select u.missing from users u where ${scope.mine('u')}`, read));
    assert.equal((await scope.rows(sql`select u.id from users u where ${scope.mine('u')}`, read)).length, 1);
  }
});

test('many tenants on few connections never cross', async () => {
  const answers = await Promise.all(
    Array.from({ length: 300 }, async (_, index) => {
      const [tenant, name] = index % 2 === 0 ? ([tenantA, 'A'] as const) : ([tenantB, 'B'] as const);
      const scope = database.api.tenant(as(tenant));
      const statement =
        index % 7 === 0
          ? sql`select u.nothing from users u where ${scope.mine('u')}`
          : sql`select u.name from users u where ${scope.mine('u')}`;
      const names = await scope.rows(statement, (row) => row.text('name')).catch(() => [name]);
      return names.length === 1 && names[0] === name;
    }),
  );
  assert.ok(answers.every(Boolean));
});

test('an atomic act is all or nothing', async () => {
  const principal = as(tenantA);
  await assert.rejects(
    database.api.atomic(principal, async (tx) => {
      await tx.run(
        sql`insert into users (tenant_id, id, name, role) values (${tx.value}, ${newId<UserId>()}, ${'half'}, ${'viewer'})`,
      );
      throw new Error('stop');
    }),
    /stop/,
  );
  const scope = database.api.tenant(principal);
  assert.equal((await scope.rows(sql`select u.id from users u where ${scope.mine('u')}`, read)).length, 1);
});

test('a login sees nothing without the tenant role, and nothing without a tenant', async () => {
  await assert.rejects(
    database.api.system('claim_runs', [newId<RunId>(), 1], () => null),
    /permission denied/,
  );
});

test('every table of schema app is walled: tenant_id first in its key, row-level security forced, the wall policy', async () => {
  const { rows } = await database.admin(`
    select c.relname, c.relrowsecurity, c.relforcerowsecurity,
      (select a.attname from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0] where i.indrelid = c.oid and i.indisprimary) as first_key,
      exists (select 1 from pg_policy p where p.polrelid = c.oid and p.polname = 'wall' and p.polqual is not null and p.polwithcheck is not null) as wall
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app' and c.relkind in ('r', 'p')`);
  assert.deepEqual(new Set(rows.map((row) => row.relname)), TENANT_TABLES);
  for (const row of rows) {
    assert.deepEqual(
      { ...row, relname: '' },
      { relname: '', relrowsecurity: true, relforcerowsecurity: true, first_key: 'tenant_id', wall: true },
      String(row.relname),
    );
  }
});

test('every foreign key between tenant tables carries the tenant', async () => {
  const { rows } = await database.admin(`
    select con.conname, con.confrelid::regclass::text as target,
      exists (select 1 from unnest(con.conkey) k join pg_attribute a on a.attrelid = con.conrelid and a.attnum = k where a.attname = 'tenant_id') as carries
    from pg_constraint con join pg_namespace n on n.oid = con.connamespace where con.contype = 'f' and n.nspname = 'app'`);
  assert.ok(rows.length >= 10);
  assert.deepEqual(
    rows.filter((row) => row.carries !== true),
    [],
  );
});

test('the parser gate refuses what the type cannot see', () => {
  const bad = [
    'select e.id from runs r join events e on e.run_id = r.id where r.tenant_id = $1',
    'update runs r set worker = $1 where r.id = $2',
    'select r.id from runs r where r.tenant_id = $1 or true',
    'select r.id from runs r where r.tenant_id = $2',
    'select r.id from runs r where r.tenant_id = $1 and exists (select 1 from events e where e.run_id = r.id)',
    'select r.id from runs r where r.tenant_id = $1 union select e.id from events e',
    'delete from artifacts a using runs r where a.tenant_id = $1',
    'select * from runs r where r.tenant_id = $1',
    'insert into runs (id) values ($1)',
    'insert into runs (tenant_id, id) values ($2, $1)',
    'merge into runs r using users u on r.tenant_id = $1 when matched then delete',
    'copy runs to stdout',
    'truncate runs',
    'table runs',
    'set role postgres',
    'select r.id from runs r where r.tenant_id = $1; delete from runs',
    "select r.id from runs r, (select set_config('app.tenant_id', 'x', true)) s where r.tenant_id = $1",
    "select pg_catalog.query_to_xml('select id from runs', true, true, '') where $1 = $1",
    'with x as (delete from runs r where r.id = $2 returning r.id) select x.id from x where $1 = $1',
    'select r.id from runs r left join events e on e.tenant_id = $1 where r.tenant_id = $1',
    'update runs r set status = $2 from users u where u.tenant_id = $1',
    'insert into runs (tenant_id, id) select u.tenant_id, u.id from users u where u.tenant_id = $1',
    'insert into runs (tenant_id, id) values ($1, $2), ($3, $4)',
    'select r.id from runs r where not r.tenant_id = $1',
    'select r.id from runs r where (r.tenant_id = $1) is not false',
  ];
  for (const text of bad) assert.throws(() => gate({ text, tenantParameters: [1] }), text);
  const good = [
    'select r.id from runs r where r.tenant_id = $1 and r.id = $2',
    'select r.id from runs r join events e on e.tenant_id = $1 and e.run_id = r.id where r.tenant_id = $1',
    'insert into runs (tenant_id, id) select $1::uuid, u.id from unnest($2::uuid[]) u(id)',
    'with x as (select r.id from runs r where r.tenant_id = $1) select x.id from x',
  ];
  for (const text of good) gate({ text, tenantParameters: [1] });
});
