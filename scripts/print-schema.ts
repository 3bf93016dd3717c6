// Prints the catalogue of a migrated database as SQL that a reviewer can read, in an order that depends on nothing but names.
// What stands in the migrations is what was done; this is what there is: who owns it, who may do what to it, behind which policy.

type Ask = (text: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>;

const SCHEMAS = ['app', 'sys', 'sallyport_meta'];

const HEAD = `-- The schema that the migrations make, printed from the catalogue by \`npm run schema\`; a test compares it. Not run by anything.
-- {{p}} is the role prefix; {{migrator}} is the role that migrated.
`;

const ROLES = `
  select format('create role %s %s %s;', r.rolname, case when r.rolcanlogin then 'login' else 'nologin' end, case when r.rolinherit then 'inherit' else 'noinherit' end)
    || coalesce(E'\\n' || (select string_agg(format('alter role %s set %s;', r.rolname, s), E'\\n' order by s) from unnest(r.rolconfig) s), '')
    || coalesce(E'\\n' || (select string_agg(format('grant %s to %s;', g.rolname, r.rolname), E'\\n' order by g.rolname)
         from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid), '') as line,
    concat_ws(', ', case when r.rolsuper then 'superuser' end, case when r.rolbypassrls then 'bypassrls' end, case when r.rolcreaterole then 'createrole' end,
      case when r.rolcreatedb then 'createdb' end, case when r.rolreplication then 'replication' end) as powers
  from pg_roles r where r.rolname like $1 order by r.rolname`;

const GRANTS = `
  select string_agg(format('grant %s on %s to %s;', x.privileges, $2::text, x.grantee), E'\\n' order by x.grantee, x.privileges) as line
  from (select coalesce(r.rolname, 'public') as grantee, string_agg(lower(a.privilege_type), ', ' order by a.privilege_type) as privileges
        from aclexplode($1::aclitem[]) a left join pg_roles r on r.oid = a.grantee where a.grantee <> $3::oid group by 1) x`;

const TABLES = `
  select c.oid, format('%I.%I', n.nspname, c.relname) as name, o.rolname as owner, c.relowner, c.relacl::text as acl, c.relrowsecurity, c.relforcerowsecurity,
    c.relpersistence = 'u' as unlogged,
    (select string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then ' not null' else '' end,
        case when a.attidentity <> '' then ' generated always as identity'
             when a.attgenerated <> '' then ' generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ')'
             when d.adbin is not null then ' default ' || pg_get_expr(d.adbin, d.adrelid) else '' end), E',\\n' order by a.attnum)
      from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select string_agg(format('  constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), E',\\n' order by k.contype = 'p' desc, k.contype, k.conname)
      from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u', 'f', 'c', 'x')) as constraints,
    (select string_agg(pg_get_indexdef(i.indexrelid) || ';', E'\\n' order by pg_get_indexdef(i.indexrelid)) from pg_index i
      where i.indrelid = c.oid and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))) as indexes,
    (select string_agg(pg_get_triggerdef(t.oid) || ';', E'\\n' order by t.tgname) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers,
    (select string_agg(format(E'create policy %I on %I.%I as %s for %s to %s%s%s;', p.policyname, n.nspname, c.relname, lower(p.permissive), lower(p.cmd),
        array_to_string(p.roles, ', '), E'\\n  using (' || p.qual || ')', E'\\n  with check (' || p.with_check || ')'), E'\\n' order by p.policyname)
      from pg_policies p where p.schemaname = n.nspname and p.tablename = c.relname) as policies,
    (select string_agg(format('grant %s (%s) on %I.%I to %s;', x.privilege, x.columns, n.nspname, c.relname, x.grantee), E'\\n' order by x.grantee, x.privilege)
      from (select coalesce(r.rolname, 'public') as grantee, lower(g.privilege_type) as privilege, string_agg(quote_ident(a.attname), ', ' order by a.attnum) as columns
            from pg_attribute a cross join aclexplode(a.attacl) g left join pg_roles r on r.oid = g.grantee
            where a.attrelid = c.oid and g.grantee <> c.relowner group by 1, 2) x) as column_grants
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles o on o.oid = c.relowner
  where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm') order by c.relname`;

const FUNCTIONS = `
  select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as name, trim(E' \\n' from pg_get_functiondef(p.oid)) as text, o.rolname as owner,
    coalesce(p.proacl, acldefault('f', p.proowner))::text as acl, p.proowner
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles o on o.oid = p.proowner
  where n.nspname = $1 order by 1`;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const lines = (parts: readonly unknown[]): string =>
  parts
    .map(text)
    .filter((part) => part !== '')
    .join('\n');

async function grants(ask: Ask, acl: unknown, on: string, owner: unknown): Promise<string> {
  if (typeof acl !== 'string') return '';
  return text((await ask(GRANTS, [acl, on, owner])).rows[0]?.line);
}

async function printTable(ask: Ask, row: Record<string, unknown>): Promise<string> {
  const name = text(row.name);
  const body = [text(row.columns), text(row.constraints)].filter((part) => part !== '').join(',\n');
  return lines([
    `create ${row.unlogged === true ? 'unlogged ' : ''}table ${name} (\n${body}\n);`,
    `alter table ${name} owner to ${text(row.owner)};`,
    row.relrowsecurity === true && `alter table ${name} enable row level security;`,
    row.relforcerowsecurity === true && `alter table ${name} force row level security;`,
    row.indexes,
    row.triggers,
    row.policies,
    await grants(ask, row.acl, name, row.relowner),
    row.column_grants,
  ]);
}

async function printSchemaOf(ask: Ask, schema: string): Promise<string[]> {
  const { rows } = await ask(
    'select n.nspacl::text as acl, n.nspowner, o.rolname as owner from pg_namespace n join pg_roles o on o.oid = n.nspowner where n.nspname = $1',
    [schema],
  );
  const [own] = rows;
  if (own === undefined) return [];
  const blocks = [
    lines([
      `create schema ${schema} authorization ${text(own.owner)};`,
      await grants(ask, own.acl, `schema ${schema}`, own.nspowner),
    ]),
  ];
  for (const row of (await ask(FUNCTIONS, [schema])).rows)
    blocks.push(
      lines([
        `${text(row.text)};`,
        `alter function ${text(row.name)} owner to ${text(row.owner)};`,
        await grants(ask, row.acl, `function ${text(row.name)}`, row.proowner),
      ]),
    );
  for (const row of (await ask(TABLES, [schema])).rows) blocks.push(await printTable(ask, row));
  return blocks;
}

/** `ask` runs as a superuser on a database that was itself migrated with `prefix`: a clone does not take over the grants on the database. */
export async function printSchema(ask: Ask, prefix: string): Promise<string> {
  const roles = (await ask(ROLES, [`${prefix}\\_%`])).rows.map((row) =>
    lines([row.line, row.powers !== '' && `-- POWERS: ${text(row.powers)}`]),
  );
  const database = (
    await ask('select d.datacl::text as acl, d.datdba as owner from pg_database d where d.datname = current_database()')
  ).rows[0];
  const defaults =
    await ask(`select format('alter default privileges for role %s grant %s on %s to %s;', o.rolname, lower(a.privilege_type),
      case d.defaclobjtype when 'r' then 'tables' when 'f' then 'functions' when 'S' then 'sequences' else d.defaclobjtype::text end, coalesce(r.rolname, 'public')) as line
    from pg_default_acl d join pg_roles o on o.oid = d.defaclrole cross join aclexplode(d.defaclacl) a left join pg_roles r on r.oid = a.grantee order by 1`);
  const blocks = [
    HEAD.trim(),
    ...roles,
    lines([
      '-- What others than the owner may do with the database itself.',
      await grants(ask, database?.acl, 'database {{database}}', database?.owner),
    ]),
    lines(["-- Functions that are made later are nobody else's to call.", ...defaults.rows.map((row) => row.line)]),
  ];
  for (const schema of SCHEMAS) blocks.push(...(await printSchemaOf(ask, schema)));
  const migrator = text((await ask('select current_user as name')).rows[0]?.name);
  return `${blocks.join('\n\n')}\n`.replaceAll(`${prefix}_`, '{{p}}_').replaceAll(` ${migrator};`, ' {{migrator}};');
}
