-- What is over is taken away: used sign-in links, and keys that ended long ago and that nothing names any more.

set role {{p}}_owner;

-- The deletion of a key looks for what names it.
create index runs_by_key on app.runs (tenant_id, api_key_id);
create index sessions_by_key on app.sessions (tenant_id, api_key_id) where api_key_id is not null;
create index sessions_by_user on app.sessions (tenant_id, user_id) where ended_at is null;
create index api_keys_by_successor on app.api_keys (tenant_id, replaced_by) where replaced_by is not null;
create index api_keys_by_end on app.api_keys (tenant_id, expires_at);
create index artifact_links_by_end on app.artifact_links (tenant_id, expires_at);
create index setup_links_by_end on sys.setup_links (expires_at);
grant create on schema sys to {{p}}_registrar;

set role {{p}}_registrar;

create function sys.sweep_setup_links() returns table (swept int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with gone as (
    delete from sys.setup_links l where l.digest in (
      select o.digest from sys.setup_links o where o.expires_at < clock_timestamp() - interval '1 day' limit 10000 for update skip locked)
    returning l.digest)
  select count(*)::int as swept from gone
$f$;
revoke all on function sys.sweep_setup_links() from public;
grant execute on function sys.sweep_setup_links() to {{p}}_ops;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_registrar;
reset role;
