-- The baseline: two schemas (app: tenant tables behind the wall; sys: the short list of cross-tenant functions).
-- Roles exist already; {{p}} is the role prefix. Content columns are bytea with a key_id that stays null until it is sealed.

create schema app authorization {{p}}_owner;
create schema sys authorization {{p}}_owner;
set role {{p}}_owner;
alter default privileges revoke execute on functions from public;
grant usage on schema app to {{p}}_tenant, {{p}}_purger, {{p}}_claimer, {{p}}_auth, {{p}}_registrar;
grant usage on schema sys to {{p}}_api, {{p}}_worker, {{p}}_ops, {{p}}_claimer, {{p}}_auth, {{p}}_registrar;

create function app.current_tenant() returns uuid language sql stable parallel safe
  return nullif(current_setting('app.tenant_id', true), '')::uuid;
grant execute on function app.current_tenant() to {{p}}_tenant, {{p}}_purger, {{p}}_claimer, {{p}}_auth, {{p}}_registrar;

create table app.tenants (
  tenant_id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  state text not null default 'active' check (state in ('active', 'suspended', 'deleting')),
  created_at timestamptz not null default clock_timestamp()
);

create table app.users (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  role text not null check (role in ('owner', 'admin', 'developer', 'approver', 'viewer')),
  state text not null default 'active' check (state in ('active', 'disabled')),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id)
);

-- AK2: never the secret. secret_hmac = HMAC-SHA-256(pepper of that version, secret).
create table app.api_keys (
  tenant_id uuid not null,
  id uuid not null,
  key_id text not null,
  user_id uuid not null,
  env text not null check (env in ('live', 'test')),
  name text not null check (length(name) between 1 and 200),
  pepper_version int not null,
  secret_hmac bytea not null check (octet_length(secret_hmac) = 32),
  last4 text not null check (length(last4) = 4),
  scopes text[] not null,
  status text not null default 'active' check (status in ('active', 'rotating', 'revoked')),
  exposed boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  primary key (tenant_id, id),
  unique (key_id),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);

create table app.runs (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  user_id uuid not null,
  api_key_id uuid,
  skill_name text not null,
  skill_version text not null,
  skill_digest bytea not null check (octet_length(skill_digest) = 32),
  model text not null,
  status text not null default 'queued'
    check (status in ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')),
  error_code text,
  epoch bigint not null default 0,
  worker uuid,
  stalls int not null default 0,
  last_seq int not null default -1,
  head bytea check (octet_length(head) = 32),
  task bytea not null,
  input bytea not null,
  run_grant bytea not null,
  result bytea,
  key_id text,
  budget_tokens bigint not null check (budget_tokens >= 0),
  budget_cost numeric(20, 10) not null check (budget_cost >= 0),
  budget_seconds int not null check (budget_seconds >= 0),
  budget_calls int not null check (budget_calls >= 0),
  used_tokens bigint not null default 0,
  used_cost numeric(20, 10) not null default 0,
  used_calls int not null default 0,
  created_at timestamptz not null default clock_timestamp(),
  started_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id),
  foreign key (tenant_id, api_key_id) references app.api_keys (tenant_id, id)
);
create index runs_ready on app.runs (tenant_id, id) where status in ('queued', 'running');

-- data_state: present until a payload is removed; envelope, digests and hash stay for ever.
create table app.events (
  tenant_id uuid not null,
  run_id uuid not null,
  seq int not null check (seq >= 0),
  id uuid not null,
  type text not null,
  version int not null,
  time timestamptz not null,
  actor_kind text not null check (actor_kind in ('user', 'agent', 'system', 'tool')),
  actor_id text not null,
  data bytea,
  salt bytea check (octet_length(salt) = 16),
  key_id text,
  data_bytes int not null,
  data_digest bytea not null check (octet_length(data_digest) = 32),
  data_state text not null default 'present' check (data_state in ('present', 'expired', 'redacted', 'erased')),
  prev_hash bytea check (octet_length(prev_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  primary key (tenant_id, run_id, seq),
  unique (tenant_id, id),
  check ((data_state = 'present') = (data is not null and salt is not null)),
  check ((seq = 0) = (prev_hash is null)),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id)
);

-- The ledger: unique key claimed before the effect, under the run's row lock with the current epoch.
create table app.effects (
  tenant_id uuid not null,
  run_id uuid not null,
  key text not null,
  call_id text not null,
  tool text not null,
  idempotent boolean not null,
  state text not null default 'claimed' check (state in ('claimed', 'done', 'failed', 'unknown')),
  attempt int not null default 1,
  result bytea,
  key_id text,
  claimed_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  primary key (tenant_id, run_id, key),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id)
);

-- Budget held before a model call; settled after it, or at its upper bound when the answer was lost.
create table app.reservations (
  tenant_id uuid not null,
  run_id uuid not null,
  id uuid not null,
  step int not null,
  state text not null default 'open' check (state in ('open', 'settled', 'lost')),
  tokens bigint not null,
  cost numeric(20, 10) not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id)
);

create table app.artifacts (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  run_id uuid,
  user_id uuid,
  effect_key text,
  name bytea not null,
  key_id text,
  media_type text not null,
  bytes bigint not null check (bytes >= 0),
  sha256 bytea not null check (octet_length(sha256) = 32),
  blob_id uuid not null,
  data_class text not null default 'artifact' check (data_class in ('artifact', 'page', 'upload', 'rendering')),
  integrity text not null check (integrity in ('trusted', 'untrusted')),
  confidentiality text not null check (confidentiality in ('public', 'private')),
  sources text[] not null default '{}',
  state text not null default 'stored' check (state in ('stored', 'deleting')),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, run_id, effect_key),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);

create table app.entities (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  run_id uuid not null,
  effect_key text not null,
  type text not null,
  version int not null,
  identity bytea not null check (octet_length(identity) = 32),
  attributes bytea not null,
  key_id text,
  evidence uuid[] not null default '{}',
  integrity text not null check (integrity in ('trusted', 'untrusted')),
  confidentiality text not null check (confidentiality in ('public', 'private')),
  sources text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, run_id, effect_key),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id)
);
create index entities_by_type on app.entities (tenant_id, type, id);
create index entities_by_identity on app.entities (tenant_id, type, identity);

create table app.idempotency (
  tenant_id uuid not null references app.tenants (tenant_id),
  principal text not null,
  route text not null,
  key text not null,
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  status int,
  body bytea,
  key_id text,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, principal, route, key)
);

do $walls$
declare t text;
begin
  foreach t in array array['tenants', 'users', 'api_keys', 'runs', 'events', 'effects', 'reservations', 'artifacts', 'entities', 'idempotency'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
  end loop;
end $walls$;

grant select on app.tenants to {{p}}_tenant;
grant select, insert, update (name, role, state) on app.users to {{p}}_tenant;
grant select, insert, update (name, status, exposed, expires_at, last_used_at) on app.api_keys to {{p}}_tenant;
grant select, insert, update (status, error_code, epoch, worker, stalls, last_seq, head, result, key_id, used_tokens, used_cost, used_calls, started_at, ended_at) on app.runs to {{p}}_tenant;
grant select, insert on app.events to {{p}}_tenant;
grant select, insert, update (state, attempt, result, key_id, settled_at) on app.effects to {{p}}_tenant;
grant select, insert, update (state, tokens, cost) on app.reservations to {{p}}_tenant;
grant select, insert, update (state), delete on app.artifacts to {{p}}_tenant;
grant select, insert on app.entities to {{p}}_tenant;
grant select, insert, update (status, body, key_id), delete on app.idempotency to {{p}}_tenant;

-- Tables without a tenant: never reachable by {{p}}_tenant.
create table sys.workers (
  id uuid primary key,
  number int generated always as identity unique,
  host text not null,
  lease_until timestamptz not null,
  started_at timestamptz not null default clock_timestamp()
);
create table sys.instance (name text primary key, value bytea not null);
create table sys.setup_links (
  digest bytea primary key check (octet_length(digest) = 32),
  tenant_id uuid not null,
  user_id uuid not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
grant select, insert, update, delete on sys.workers to {{p}}_claimer;
grant select, insert, update (name) on sys.instance to {{p}}_registrar;
grant select, insert, update (used_at) on sys.setup_links to {{p}}_registrar;

-- The one cross-tenant path of the worker: columns named, states named.
create policy claim_see on app.runs for select to {{p}}_claimer using (status in ('queued', 'running'));
create policy claim_take on app.runs for update to {{p}}_claimer
  using (status in ('queued', 'running')) with check (status in ('queued', 'running'));
grant select (tenant_id, id, status, epoch, worker, stalls), update (status, epoch, worker, stalls) on app.runs to {{p}}_claimer;
create policy claim_tenants on app.tenants for select to {{p}}_claimer using (state = 'active');
grant select (tenant_id, state) on app.tenants to {{p}}_claimer;

create policy find_keys on app.api_keys for select to {{p}}_auth using (true);
create policy find_tenants on app.tenants for select to {{p}}_auth using (true);
create policy find_users on app.users for select to {{p}}_auth using (true);
grant select on app.api_keys, app.tenants, app.users to {{p}}_auth;

create policy register_tenants on app.tenants to {{p}}_registrar using (true) with check (true);
grant select, insert, update (name, state) on app.tenants to {{p}}_registrar;

grant create on schema sys to {{p}}_claimer, {{p}}_auth, {{p}}_registrar;

set role {{p}}_claimer;

-- A worker is alive while its lease runs and its session still holds its advisory lock (class 21009).
-- The lock is the fast sign: it goes with the killed process within milliseconds. The lease is for a lost machine.
create function sys.live_workers() returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select w.id from sys.workers w
  where w.lease_until > clock_timestamp()
    and exists (select 1 from pg_locks l
                where l.locktype = 'advisory' and l.classid = 21009 and l.objid = w.number::oid and l.objsubid = 2 and l.granted
                  and l.database = (select d.oid from pg_database d where d.datname = current_database()))
$f$;

create function sys.claim_runs(p_worker uuid, p_max int)
returns table (tenant_id uuid, run_id uuid, epoch bigint, stalls int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with alive as materialized (select live.id from sys.live_workers() as live(id)),
  ready as (
    select r.tenant_id, r.id, row_number() over (partition by r.tenant_id order by r.id) as nth
    from app.runs r join app.tenants t on t.tenant_id = r.tenant_id and t.state = 'active'
    where r.status = 'queued' or (r.status = 'running' and not exists (select 1 from alive a where a.id = r.worker))),
  pick as (
    select r.tenant_id, r.id
    from app.runs r join (select q.tenant_id, q.id, q.nth from ready q order by q.nth, q.id limit p_max * 4) q using (tenant_id, id)
    where r.status = 'queued' or (r.status = 'running' and not exists (select 1 from alive a where a.id = r.worker))
    order by q.nth, r.id limit p_max for update of r skip locked)
  update app.runs r
  set status = 'running', epoch = r.epoch + 1, worker = p_worker, stalls = r.stalls + (r.status = 'running')::int
  from pick
  where (r.tenant_id, r.id) = (pick.tenant_id, pick.id)
    and p_worker in (select a.id from alive a)
  returning r.tenant_id, r.id, r.epoch, r.stalls
$f$;

create function sys.register_worker(p_worker uuid, p_host text, p_lease_ms int) returns table (number int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  delete from sys.workers w where w.lease_until < clock_timestamp() - interval '1 day';
  insert into sys.workers (id, host, lease_until)
  values (p_worker, p_host, clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0))
  returning number
$f$;

-- A lease that ran out is never revived: its runs may have a new owner already.
create function sys.renew_worker(p_worker uuid, p_lease_ms int) returns table (renewed boolean)
language sql security definer set search_path = pg_catalog, pg_temp set synchronous_commit = off as $f$
  with renewal as (
    update sys.workers w set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    where w.id = p_worker and w.lease_until > clock_timestamp() returning w.id)
  select exists (select 1 from renewal) as renewed
$f$;

-- Graceful end: what the worker held is queued again at once; the next claim raises the epoch.
create function sys.end_worker(p_worker uuid) returns table (released int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with gone as (delete from sys.workers w where w.id = p_worker),
  given as (update app.runs r set status = 'queued', worker = null
            where r.worker = p_worker and r.status = 'running' returning r.id)
  select count(*)::int as released from given
$f$;

-- One run given back by its present holder.
create function sys.release_run(p_worker uuid, p_run uuid, p_epoch bigint) returns table (released int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with given as (update app.runs r set status = 'queued', worker = null
                 where r.worker = p_worker and r.id = p_run and r.epoch = p_epoch and r.status = 'running' returning r.id)
  select count(*)::int as released from given
$f$;

revoke all on function sys.live_workers(), sys.claim_runs(uuid, int), sys.register_worker(uuid, text, int),
  sys.renew_worker(uuid, int), sys.end_worker(uuid), sys.release_run(uuid, uuid, bigint) from public;
grant execute on function sys.claim_runs(uuid, int), sys.register_worker(uuid, text, int),
  sys.renew_worker(uuid, int), sys.end_worker(uuid), sys.release_run(uuid, uuid, bigint) to {{p}}_worker;

set role {{p}}_auth;

create function sys.find_key(p_key_id text)
returns table (tenant_id uuid, id uuid, user_id uuid, env text, pepper_version int, secret_hmac bytea, scopes text[],
               status text, exposed boolean, expires_at timestamptz, tenant_state text, user_state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select k.tenant_id, k.id, k.user_id, k.env, k.pepper_version, k.secret_hmac, k.scopes,
         k.status, k.exposed, k.expires_at, t.state, u.state
  from app.api_keys k
  join app.tenants t on t.tenant_id = k.tenant_id
  join app.users u on u.tenant_id = k.tenant_id and u.id = k.user_id
  where k.key_id = p_key_id
$f$;
revoke all on function sys.find_key(text) from public;
grant execute on function sys.find_key(text) to {{p}}_api;

set role {{p}}_registrar;

create function sys.create_tenant(p_tenant uuid, p_name text) returns table (created_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  insert into app.tenants as t (tenant_id, name) values (p_tenant, p_name)
  on conflict (tenant_id) do update set name = t.name returning t.created_at
$f$;
create function sys.list_tenants(p_before uuid, p_limit int)
returns table (tenant_id uuid, name text, state text, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select t.tenant_id, t.name, t.state, t.created_at from app.tenants t
  where p_before is null or t.tenant_id < p_before order by t.tenant_id desc limit p_limit
$f$;
create function sys.instance_get(p_name text) returns table (value bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select i.value from sys.instance i where i.name = p_name
$f$;
-- The first writer wins; the answer is what stands. "do nothing" and a select would miss a writer that commits in between.
create function sys.instance_put(p_name text, p_value bytea) returns table (value bytea)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  insert into sys.instance as i (name, value) values (p_name, p_value)
  on conflict (name) do update set name = i.name returning i.value
$f$;
create function sys.create_setup_link(p_digest bytea, p_tenant uuid, p_user uuid, p_seconds int) returns table (expires_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  insert into sys.setup_links (digest, tenant_id, user_id, expires_at)
  values (p_digest, p_tenant, p_user, clock_timestamp() + make_interval(secs => p_seconds)) returning expires_at
$f$;
create function sys.claim_setup_link(p_digest bytea) returns table (tenant_id uuid, user_id uuid)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  update sys.setup_links l set used_at = clock_timestamp()
  where l.digest = p_digest and l.used_at is null and l.expires_at > clock_timestamp()
  returning l.tenant_id, l.user_id
$f$;
revoke all on function sys.create_tenant(uuid, text), sys.list_tenants(uuid, int), sys.instance_get(text),
  sys.instance_put(text, bytea), sys.create_setup_link(bytea, uuid, uuid, int), sys.claim_setup_link(bytea) from public;
grant execute on function sys.create_tenant(uuid, text), sys.list_tenants(uuid, int), sys.instance_get(text),
  sys.instance_put(text, bytea), sys.create_setup_link(bytea, uuid, uuid, int), sys.claim_setup_link(bytea) to {{p}}_api;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_claimer, {{p}}_auth, {{p}}_registrar;
reset role;
