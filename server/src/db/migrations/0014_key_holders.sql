-- Which node holds which version of a key that nodes share: a new key is used once all that are alive hold it (S15).

set role {{p}}_owner;

create table sys.key_holders (
  node uuid not null,
  name text not null check (name in ('master', 'links')),
  host text not null check (length(host) between 1 and 255),
  newest int not null check (newest > 0),
  used int not null check (used > 0),
  seen_at timestamptz not null default clock_timestamp(),
  primary key (node, name)
);
grant select, insert, update, delete on sys.key_holders to {{p}}_registrar;
grant create on schema sys to {{p}}_registrar;

set role {{p}}_registrar;

create function sys.hold_key(p_node uuid, p_name text, p_host text, p_newest int, p_used int) returns table (held boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  delete from sys.key_holders h where h.seen_at < clock_timestamp() - interval '1 hour';
  insert into sys.key_holders (node, name, host, newest, used) values (p_node, p_name, p_host, p_newest, p_used)
  on conflict (node, name) do update set newest = excluded.newest, used = excluded.used, seen_at = clock_timestamp()
  returning true
$f$;
create function sys.holders_of(p_name text, p_seconds int) returns table (host text, newest int, used int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select h.host, h.newest, h.used from sys.key_holders h
  where h.name = p_name and h.seen_at > clock_timestamp() - make_interval(secs => p_seconds) order by h.host, h.node
$f$;
create function sys.drop_holder(p_node uuid) returns table (dropped int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with gone as (delete from sys.key_holders h where h.node = p_node returning h.name) select count(*)::int from gone
$f$;
revoke all on function sys.hold_key(uuid, text, text, int, int), sys.holders_of(text, int), sys.drop_holder(uuid) from public;
grant execute on function sys.hold_key(uuid, text, text, int, int), sys.holders_of(text, int), sys.drop_holder(uuid) to {{p}}_api;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_registrar;
reset role;
