// What the catalogue of the database must say, whatever the migrations did: who owns, who may call, who may read.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { migrate } from '../../src/db/db.ts';
import { type TestDatabase, testDatabase } from '../database.ts';

/** Every function of schema sys: its owner, and the logins that may call it (none: for other functions only). */
const SYSTEM_FUNCTIONS: Readonly<Record<string, readonly [string, string | undefined]>> = {
  advance_purge: ['registrar', 'ops'],
  approvals_due: ['claimer', 'worker'],
  append_operator: ['registrar', undefined],
  audit_due: ['claimer', 'worker'],
  claim_purge: ['registrar', 'ops'],
  find_purge: ['registrar', 'api'],
  finish_purge: ['registrar', 'ops'],
  forget_tenant: ['registrar', 'ops'],
  halt_runs: ['claimer', 'ops'],
  operator_audit_after: ['registrar', 'api'],
  purged_lately: ['registrar', 'ops'],
  record_purge: ['registrar', 'ops'],
  request_purge: ['registrar', 'api'],
  tenants_after: ['claimer', 'ops'],
  claim_runs: ['claimer', 'worker'],
  draw_billing_ticket: ['biller', 'api'],
  find_billing_tenant: ['biller', 'api'],
  link_billing_customer: ['biller', 'api'],
  park_billing_event: ['biller', 'api'],
  claim_setup_link: ['registrar', 'api'],
  create_setup_link: ['registrar', 'api'],
  create_tenant: ['registrar', 'api'],
  end_worker: ['claimer', 'worker'],
  figures: ['claimer', 'api'],
  change_tenant: ['registrar', 'api'],
  find_key: ['auth', 'api'],
  find_memberships: ['auth', 'api'],
  access_figures: ['auth', 'api'],
  backed_up_at: ['registrar', 'api'],
  get_tenant: ['registrar', 'api'],
  sweep_rates: ['auth', 'api'],
  take_rates: ['auth', 'api'],
  find_session: ['auth', 'api'],
  instance_get: ['registrar', 'api'],
  instance_put: ['registrar', 'api'],
  list_tenants: ['registrar', 'api'],
  live_workers: ['claimer', undefined],
  master_keys: ['registrar', 'api,worker'],
  register_master_key: ['registrar', 'api'],
  register_worker: ['claimer', 'worker'],
  release_run: ['claimer', 'worker'],
  renew_worker: ['claimer', 'worker'],
  retire_master_keys: ['registrar', 'api'],
  tenants_to_rewrap: ['registrar', 'api'],
  sweep_setup_links: ['registrar', 'ops'],
  hold_key: ['registrar', 'api'],
  holders_of: ['registrar', 'api'],
  drop_holder: ['registrar', 'api'],
};
const LOGINS = ['api', 'worker', 'ops'] as const;
/** A deletion is normal work here; everywhere else it is the purge's alone. */
const DELETABLE = [
  'actions',
  'artifacts',
  'audit_unsealed',
  'egress_limits',
  'idempotency',
  'identities',
  'secrets',
  'skills',
  'token_denials',
];

let database: TestDatabase;
let role: (name: string) => string;
before(async () => {
  database = await testDatabase();
  // A clone does not take over the grants on the database itself.
  await migrate({ direct: database.connect.direct, prefix: database.prefix });
  role = (name) => `${database.prefix}_${name}`;
});
after(() => database.drop());

const column = async (text: string, values: unknown[] = []): Promise<string[]> =>
  (await database.admin(text, values)).rows.map((row) => String(Object.values(row)[0]));
const tables = (): Promise<string[]> =>
  column(`select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('app', 'sys', 'sallyport_meta') and c.relkind in ('r', 'p', 'v', 'm') order by 1`);

async function as<T>(login: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ ...database.connect.direct, user: role(login) } as pg.ClientConfig);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

test('the functions of schema sys are the known list: each runs as its owner with its own path, for its logins', async () => {
  const { rows } = await database.admin(`
    select p.proname, o.rolname as owner, p.prosecdef, l.lanname, p.proconfig::text as settings, array_to_string(array(
        select coalesce(r.rolname, 'public') from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a left join pg_roles r on r.oid = a.grantee
        where a.grantee <> p.proowner order by 1), ',') as callers
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner join pg_language l on l.oid = p.prolang
    where n.nspname = 'sys' order by p.proname`);
  assert.deepEqual(
    rows.map((row) => row.proname),
    Object.keys(SYSTEM_FUNCTIONS).sort(),
  );
  for (const row of rows) {
    const [owner = '', callers = ''] = SYSTEM_FUNCTIONS[String(row.proname)] ?? [];
    const logins = callers === '' ? '' : callers.split(',').map(role).join(',');
    assert.deepEqual([row.owner, row.callers, row.prosecdef], [role(owner), logins, true], String(row.proname));
    assert.match(String(row.settings), /"search_path=pg_catalog, pg_temp"/, String(row.proname));
    // A body in SQL has no place where text is put together.
    assert.equal(row.lanname, 'sql', String(row.proname));
  }
});

test('the functions of schema app run as their caller: they say the tenant, what is kept, who may write, and refuse changes', async () => {
  const { rows } = await database.admin(
    `select p.proname, p.prosecdef from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'app' order by 1`,
  );
  assert.deepEqual(rows, [
    { proname: 'current_tenant', prosecdef: false },
    { proname: 'erase_only', prosecdef: false },
    { proname: 'kept_since', prosecdef: false },
    { proname: 'open_to_writers', prosecdef: false },
    { proname: 'refuse_change', prosecdef: false },
  ]);
});

test('no role is a superuser, passes by row-level security, or makes roles or databases', async () => {
  const { rows } = await database.admin(
    `select r.rolname, r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication as mighty, r.rolcanlogin, r.rolinherit
     from pg_roles r where r.rolname like $1 order by 1`,
    [`${database.prefix}\\_%`],
  );
  assert.equal(rows.length, 11);
  for (const row of rows) assert.equal(row.mighty, false, String(row.rolname));
  const logins = rows.filter((row) => row.rolcanlogin);
  assert.deepEqual(logins.map((row) => row.rolname).sort(), LOGINS.map(role).sort());
  assert.ok(logins.every((row) => row.rolinherit === false));
});

test('the roles that a session can be own nothing, and enter the tenant role alone', async () => {
  for (const name of [...LOGINS, 'tenant', 'purger'])
    assert.deepEqual(
      await column(`select d.classid::regclass from pg_shdepend d where d.refobjid = $1::regrole and d.deptype = 'o'`, [
        role(name),
      ]),
      [],
      name,
    );
  const { rows } = await database.admin(
    `select m.rolname as member, g.rolname as role from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
     where (m.rolname like $1 or g.rolname like $1) and not m.rolsuper order by 1, 2`,
    [`${database.prefix}\\_%`],
  );
  assert.deepEqual(
    rows.map((row) => [row.member, row.role]),
    [
      [role('api'), role('tenant')],
      [role('ops'), role('purger')],
      [role('ops'), role('tenant')],
      [role('worker'), role('tenant')],
    ],
  );
});

for (const login of LOGINS)
  test(`the login ${login} reads no table without the tenant role, and becomes no other`, async () => {
    const names = await tables();
    assert.ok(names.length >= 14);
    await as(login, async (client) => {
      for (const name of names)
        await assert.rejects(client.query(`select count(*) from ${name}`), /permission denied/, name);
      const closed = [
        'owner',
        'claimer',
        'auth',
        'registrar',
        'biller',
        'postgres',
        ...(login === 'ops' ? [] : ['purger']),
      ];
      for (const name of closed)
        await assert.rejects(
          client.query(`set role ${name === 'postgres' ? name : role(name)}`),
          /permission denied/,
          name,
        );
      await assert.rejects(client.query('create temporary table t (a int)'), /permission denied/);
      await assert.rejects(client.query('create table public.t (a int)'), /permission denied/);
      await assert.rejects(client.query('create schema mine'), /permission denied/);
    });
  });

test('the tenant role sees no row and writes none while no tenant is set, and no table that has no tenant', async () => {
  await database.api.system('create_tenant', ['01890000-0000-7000-8000-000000000001', 'T'], () => null);
  await as('api', async (client) => {
    await client.query(`set role ${role('tenant')}`);
    for (const name of await tables())
      if (name.startsWith('app.'))
        assert.deepEqual((await client.query(`select count(*)::int as n from ${name}`)).rows, [{ n: 0 }], name);
      else await assert.rejects(client.query(`select count(*) from ${name}`), /permission denied/, name);
    await assert.rejects(
      client.query(
        `insert into app.users (tenant_id, id, name, role) values ('01890000-0000-7000-8000-000000000001', gen_random_uuid(), 'x', 'owner')`,
      ),
      /row-level security/,
    );
    await client.query(`set app.tenant_id = 'no uuid'`);
    await assert.rejects(client.query('select count(*) from app.runs'), /invalid input syntax for type uuid/);
  });
});

test('the tenant role deletes only where it must, and changes neither a tenant, an id nor an event', async () => {
  const may = (privilege: string): Promise<string[]> =>
    column(
      `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'app' and c.relkind in ('r', 'p') and has_table_privilege($1, c.oid, $2) order by 1`,
      [role('tenant'), privilege],
    );
  assert.deepEqual(await may('delete'), DELETABLE);
  for (const privilege of ['truncate', 'references', 'trigger', 'update'])
    assert.deepEqual(await may(privilege), [], privilege);
  const updatable = await column(
    `select c.relname || '.' || a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
     where n.nspname = 'app' and c.relkind in ('r', 'p') and has_column_privilege($1, c.oid, a.attnum, 'update') order by 1`,
    [role('tenant')],
  );
  assert.ok(updatable.includes('runs.status'));
  assert.deepEqual(
    updatable.filter((name) => /\.(tenant_id|id|run_id|user_id|created_at)$|^(events|tenants|entities)\./.test(name)),
    [],
  );
});

test('the purger reads, deletes and erases contents, and writes nothing else', async () => {
  const rights = await column(
    `select distinct p.privilege from pg_class c join pg_namespace n on n.oid = c.relnamespace
       cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as p(privilege)
     where n.nspname = 'app' and c.relkind in ('r', 'p') and has_any_column_privilege($1, c.oid, case when p.privilege in ('delete', 'truncate') then 'select' else p.privilege end)
       and (p.privilege not in ('delete', 'truncate') or has_table_privilege($1, c.oid, p.privilege)) order by 1`,
    [role('purger')],
  );
  assert.deepEqual(rights, ['delete', 'select', 'update']);
  const erasable = await column(
    `select c.relname || '.' || a.attname from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0
     where n.nspname = 'app' and has_column_privilege($1, c.oid, a.attnum, 'update') order by 1`,
    [role('purger')],
  );
  assert.deepEqual(erasable, [
    ...['events.data', 'events.data_state', 'events.salt'],
    ...['runs.content_state', 'runs.input', 'runs.result', 'runs.run_grant', 'runs.task'],
  ]);
});

test('nothing of ours is open to everybody', async () => {
  assert.deepEqual(
    await column(`select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join aclexplode(c.relacl) a
      where n.nspname in ('app', 'sys', 'sallyport_meta') and a.grantee = 0`),
    [],
  );
  assert.deepEqual(
    await column(`select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where n.nspname in ('app', 'sys', 'sallyport_meta') and a.grantee = 0`),
    [],
  );
});

test('the copier reads every table and writes none, and no login can become it', async () => {
  const { rows } = await database.admin(
    `select format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity as walled, has_table_privilege($1, c.oid, 'select') as reads,
       has_table_privilege($1, c.oid, 'insert') or has_table_privilege($1, c.oid, 'delete') or has_table_privilege($1, c.oid, 'truncate')
         or has_any_column_privilege($1, c.oid, 'update') as writes,
       (select p.cmd || ' ' || array_to_string(p.roles, ',') from pg_policies p where p.schemaname = n.nspname and p.tablename = c.relname and p.policyname = 'copy') as policy
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('app', 'sys') and c.relkind in ('r', 'p') order by 1`,
    [role('copier')],
  );
  assert.ok(rows.length > 20);
  for (const row of rows) {
    assert.deepEqual([row.reads, row.writes], [true, false], String(row.name));
    assert.equal(row.policy, row.walled ? `SELECT ${role('copier')}` : null, String(row.name));
  }
  for (const login of LOGINS)
    await as(login, (client) => assert.rejects(client.query(`set role ${role('copier')}`), /permission denied/));
});

test('every policy that looks across tenants is for the owner of a function of schema sys, never for a role that a session can be', async () => {
  const { rows } = await database.admin(
    `select p.policyname, array_to_string(p.roles, ',') as roles from pg_policies p where p.schemaname = 'app' and p.policyname not in ('wall', 'copy') and p.permissive = 'PERMISSIVE'`,
  );
  const owners = new Set(Object.values(SYSTEM_FUNCTIONS).map(([owner]) => role(owner)));
  assert.ok(rows.length > 0);
  for (const row of rows)
    for (const name of String(row.roles).split(',')) assert.ok(owners.has(name), `${row.policyname}: ${name}`);
});
