-- Members of a tenant: identities of token issuers, the rotation of keys, the tenant's rules for keys; and the store of rate limits.

set role {{p}}_owner;

alter table app.tenants
  add column key_max_age_seconds int not null default 31536000 check (key_max_age_seconds between 60 and 31536000),
  add column key_limit int not null default 500 check (key_limit between 1 and 100000);

-- A key that was rotated names its successor, and is rotated once only.
alter table app.api_keys
  add column replaced_by uuid,
  add foreign key (tenant_id, replaced_by) references app.api_keys (tenant_id, id);
grant update (replaced_by) on app.api_keys to {{p}}_tenant;

-- A person of a token issuer, mapped to a user: (issuer, subject) together, never the subject alone.
create table app.identities (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  user_id uuid not null,
  issuer text not null check (length(issuer) between 1 and 500),
  subject text not null check (length(subject) between 1 and 255),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, issuer, subject),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);
create index identities_by_subject on app.identities (issuer, subject);
create index identities_by_user on app.identities (tenant_id, user_id);

alter table app.identities enable row level security;
alter table app.identities force row level security;
create policy wall on app.identities to {{p}}_tenant, {{p}}_purger
  using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
grant select, delete on app.identities to {{p}}_purger;
grant select, insert, delete on app.identities to {{p}}_tenant;
create policy closed_insert on app.identities as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()));
create policy closed_update on app.identities as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()));
create policy find_identities on app.identities for select to {{p}}_auth using (true);
grant select on app.identities to {{p}}_auth;

alter table app.audit drop constraint audit_actor_kind_check;
alter table app.audit add constraint audit_actor_kind_check
  check (actor_kind in ('key', 'session', 'user', 'run', 'operator', 'system'));

-- Theoretical arrival times (GCRA), in Unix seconds. Names are digests: no address and no id of a tenant is here. Unlogged: after a crash
-- of the database every limit begins full. `allowed` is the verdict of the latest take, kept for `returning`.
create unlogged table sys.rates (
  name bytea primary key check (octet_length(name) = 32),
  tat double precision not null,
  taken_at double precision not null,
  step double precision not null,
  room double precision not null,
  allowed boolean not null
) with (fillfactor = 50);
grant select, insert, update, delete on sys.rates to {{p}}_auth;

grant update (key_max_age_seconds, key_limit) on app.tenants to {{p}}_registrar;
grant create on schema sys to {{p}}_auth, {{p}}_registrar;

set role {{p}}_auth;

drop function sys.find_key(text);
create function sys.find_key(p_key_id text)
returns table (tenant_id uuid, id uuid, user_id uuid, env text, pepper_version int, secret_hmac bytea, scopes text[],
               status text, exposed boolean, expires_at timestamptz, tenant_state text, user_state text, user_role text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select k.tenant_id, k.id, k.user_id, k.env, k.pepper_version, k.secret_hmac, k.scopes,
         k.status, k.exposed, k.expires_at, t.state, u.state, u.role
  from app.api_keys k
  join app.tenants t on t.tenant_id = k.tenant_id
  join app.users u on u.tenant_id = k.tenant_id and u.id = k.user_id
  where k.key_id = p_key_id
$f$;

drop function sys.find_session(bytea);
create function sys.find_session(p_digest bytea)
returns table (tenant_id uuid, id uuid, user_id uuid, api_key_id uuid, user_role text, key_scopes text[], key_env text,
               ended boolean, expired boolean, key_holds boolean, tenant_state text, user_state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select s.tenant_id, s.id, s.user_id, s.api_key_id, u.role, k.scopes, k.env,
         s.ended_at is not null, s.expires_at <= clock_timestamp(),
         s.api_key_id is null or (k.status <> 'revoked' and not k.exposed and k.expires_at > clock_timestamp()),
         t.state, u.state
  from app.sessions s
  join app.tenants t on t.tenant_id = s.tenant_id
  join app.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
  left join app.api_keys k on k.tenant_id = s.tenant_id and k.id = s.api_key_id
  where s.digest = p_digest
$f$;

-- The memberships of one person. The caller has verified a token of that very issuer for that very subject.
create function sys.find_memberships(p_issuer text, p_subject text)
returns table (tenant_id uuid, user_id uuid, user_role text, tenant_state text, user_state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select i.tenant_id, i.user_id, u.role, t.state, u.state
  from app.identities i
  join app.tenants t on t.tenant_id = i.tenant_id
  join app.users u on u.tenant_id = i.tenant_id and u.id = i.user_id
  where i.issuer = p_issuer and i.subject = p_subject
  order by i.tenant_id limit 100
$f$;

-- Takes one from each bucket, all in one statement. The row lock makes it atomic across nodes; the order of names keeps two takes
-- from waiting for each other. One reading of the clock decides a row: read before the wait for the lock, it can only be stricter.
create function sys.take_rates(p_names bytea[], p_steps double precision[], p_rooms double precision[])
returns table (name bytea, allowed boolean, tat double precision, taken_at double precision)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  insert into sys.rates as r (name, tat, taken_at, step, room, allowed)
  select n.name, c.seconds + n.step, c.seconds, n.step, n.room, true
  from unnest(p_names, p_steps, p_rooms) as n(name, step, room)
    cross join (select extract(epoch from clock_timestamp())::double precision as seconds) c
  order by n.name
  on conflict (name) do update set
    allowed = greatest(r.tat, excluded.taken_at) + excluded.step <= excluded.taken_at + excluded.room,
    tat = case when greatest(r.tat, excluded.taken_at) + excluded.step <= excluded.taken_at + excluded.room
               then greatest(r.tat, excluded.taken_at) + excluded.step else r.tat end,
    taken_at = excluded.taken_at, step = excluded.step, room = excluded.room
  returning r.name, r.allowed, r.tat, r.taken_at
$f$;

-- Buckets that are full again say nothing.
create function sys.sweep_rates() returns table (swept int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with gone as (
    delete from sys.rates r where r.name in (
      select o.name from sys.rates o where o.tat < extract(epoch from clock_timestamp())::double precision - 5 limit 50000 for update skip locked)
    returning r.name)
  select count(*)::int as swept from gone
$f$;

revoke all on function sys.find_key(text), sys.find_session(bytea), sys.find_memberships(text, text),
  sys.take_rates(bytea[], double precision[], double precision[]), sys.sweep_rates() from public;
grant execute on function sys.find_key(text), sys.find_session(bytea), sys.find_memberships(text, text),
  sys.take_rates(bytea[], double precision[], double precision[]), sys.sweep_rates() to {{p}}_api;

set role {{p}}_registrar;

drop function sys.list_tenants(uuid, int);
create function sys.list_tenants(p_before uuid, p_limit int)
returns table (tenant_id uuid, name text, state text, created_at timestamptz, key_max_age_seconds int, key_limit int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select t.tenant_id, t.name, t.state, t.created_at, t.key_max_age_seconds, t.key_limit from app.tenants t
  where p_before is null or t.tenant_id < p_before order by t.tenant_id desc limit p_limit
$f$;
create function sys.get_tenant(p_tenant uuid)
returns table (tenant_id uuid, name text, state text, created_at timestamptz, key_max_age_seconds int, key_limit int)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select t.tenant_id, t.name, t.state, t.created_at, t.key_max_age_seconds, t.key_limit from app.tenants t
  where t.tenant_id = p_tenant
$f$;
-- What is null stays. A tenant that is being deleted is never brought back.
create function sys.change_tenant(p_tenant uuid, p_name text, p_state text, p_key_max_age int, p_key_limit int)
returns table (tenant_id uuid, name text, state text, created_at timestamptz, key_max_age_seconds int, key_limit int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  update app.tenants t set name = coalesce(p_name, t.name), state = coalesce(p_state, t.state),
    key_max_age_seconds = coalesce(p_key_max_age, t.key_max_age_seconds), key_limit = coalesce(p_key_limit, t.key_limit)
  where t.tenant_id = p_tenant and t.state <> 'deleting' and (p_state is null or p_state in ('active', 'suspended'))
  returning t.tenant_id, t.name, t.state, t.created_at, t.key_max_age_seconds, t.key_limit
$f$;
revoke all on function sys.list_tenants(uuid, int), sys.get_tenant(uuid), sys.change_tenant(uuid, text, text, int, int) from public;
grant execute on function sys.list_tenants(uuid, int), sys.get_tenant(uuid), sys.change_tenant(uuid, text, text, int, int) to {{p}}_api;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_auth, {{p}}_registrar;
reset role;
