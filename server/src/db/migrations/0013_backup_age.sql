-- When the installation was saved last, by the operator's own chain: for posture alone.

grant create on schema sys to {{p}}_registrar;
set role {{p}}_registrar;

create function sys.backed_up_at() returns table (backed_up_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select max(o.recorded_at) from sys.operator_audit o where o.body::jsonb ->> 'action' = 'installation.backed_up'
$f$;
revoke all on function sys.backed_up_at() from public;
grant execute on function sys.backed_up_at() to {{p}}_api;

reset role;
set role {{p}}_owner;
revoke create on schema sys from {{p}}_registrar;
reset role;
