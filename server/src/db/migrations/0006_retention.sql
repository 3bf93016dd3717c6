-- Retention and deletion by tenant. What has expired is unreadable at that moment, by the reads; the sweep only takes it away.
-- A tenant that is being deleted is closed to writers by its wall, and what is left of it at the end is a row of the operator's.

set role {{p}}_owner;

create table app.retention_policies (
  tenant_id uuid not null references app.tenants (tenant_id),
  data_class text not null check (data_class in ('run', 'page', 'artifact', 'upload', 'rendering', 'entity', 'session')),
  days int not null check (days between 1 and 3650),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, data_class)
);

-- Between the event that says so and the payloads being gone: a crash leaves this row, and the next sweep goes on from it.
create table app.erasures (
  tenant_id uuid not null,
  run_id uuid not null,
  last_seq int not null check (last_seq >= 0),
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id)
);

alter table app.runs add column content_state text not null default 'present' check (content_state in ('present', 'expired'));
create index runs_by_end on app.runs (tenant_id, ended_at) where content_state = 'present' and ended_at is not null;
create index artifacts_by_age on app.artifacts (tenant_id, data_class, created_at);
create index artifacts_by_blob on app.artifacts (tenant_id, blob_id);
create index entities_by_age on app.entities (tenant_id, created_at);

-- What is older than this is unreadable. The defaults are those of server/src/retention/policy.ts; a test holds them together.
create function app.kept_since(p_class text) returns timestamptz language sql stable
  return clock_timestamp() - make_interval(days => coalesce(
    (select p.days from app.retention_policies p where p.tenant_id = app.current_tenant() and p.data_class = p_class),
    case p_class when 'run' then 365 when 'page' then 30 when 'artifact' then 365 when 'upload' then 90 when 'rendering' then 30
      when 'entity' then 365 when 'session' then 30 end));
grant execute on function app.kept_since(text) to {{p}}_tenant, {{p}}_purger;

-- The lock is asked for first, so that the state is read as it stands once the lock is held: of a writer and the closing
-- one waits for the other, and no write that the closing did not see can still commit after it.
create function app.open_to_writers() returns boolean language sql volatile set search_path = pg_catalog, pg_temp as $f$
  select pg_advisory_xact_lock_shared(21012, hashtext(app.current_tenant()::text));
  select exists (select 1 from app.tenants t where t.tenant_id = app.current_tenant() and t.state <> 'deleting')
$f$;
grant execute on function app.open_to_writers() to {{p}}_tenant;

-- The purger takes contents away and writes none.
create function app.erase_only() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if tg_table_name = 'events' then
    if new.data is null and new.salt is null and new.data_state <> 'present' then return new; end if;
  elsif octet_length(new.task) = 0 and octet_length(new.input) = 0 and octet_length(new.run_grant) = 0
    and new.result is null and new.content_state = 'expired' then return new;
  end if;
  raise exception 'the purger only erases' using errcode = 'insufficient_privilege';
end $f$;
revoke all on function app.erase_only() from public;
create trigger erase_only before update on app.events for each row when (current_user = '{{p}}_purger') execute function app.erase_only();
create trigger erase_only before update on app.runs for each row when (current_user = '{{p}}_purger') execute function app.erase_only();

do $walls$
declare t text;
begin
  foreach t in array array['retention_policies', 'erasures'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
  end loop;
  -- Every table: one that is made later closes itself in its own migration, and a test fails for one that does not.
  for t in select c.relname from pg_catalog.pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' loop
    execute format('create policy closed_insert on app.%I as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()))', t);
    execute format('create policy closed_update on app.%I as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()))', t);
  end loop;
end $walls$;

grant select, insert, update (days, updated_at) on app.retention_policies to {{p}}_tenant;
grant select, insert on app.erasures to {{p}}_tenant;
grant update (data, salt, data_state) on app.events to {{p}}_purger;
grant update (task, input, run_grant, result, content_state) on app.runs to {{p}}_purger;

-- The operator's own chain: acts upon tenants, which outlive them. Ids, counts and digests only.
create table sys.operator_audit (
  seq bigint primary key check (seq >= 0),
  id uuid not null unique,
  -- Canonical JSON of the record.
  body text not null check (length(body) between 2 and 60000),
  prev_hash bytea check (octet_length(prev_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  recorded_at timestamptz not null default clock_timestamp(),
  check ((seq = 0) = (prev_hash is null))
);
create trigger insert_only before update or delete on sys.operator_audit for each row execute function app.refuse_change();
create trigger never_truncated before truncate on sys.operator_audit for each statement execute function app.refuse_change();

create table sys.purges (
  id uuid primary key,
  tenant_id uuid not null unique,
  step text not null default 'halt'
    check (step in ('halt', 'inventory', 'tombstones', 'rows', 'blobs', 'keys', 'tenant', 'scan', 'certify', 'done')),
  epoch bigint not null default 0,
  lease_until timestamptz,
  progress text not null default '{}',
  certificate text,
  requested_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  check ((step = 'done') = (certificate is not null and ended_at is not null))
);
create index purges_open on sys.purges (id) where step <> 'done';

grant select, insert on sys.operator_audit to {{p}}_registrar;
grant select, insert, update (step, epoch, lease_until, progress, certificate, ended_at) on sys.purges to {{p}}_registrar;
grant delete on sys.setup_links, sys.instance to {{p}}_registrar;
grant usage on schema sys to {{p}}_ops;
grant create on schema sys to {{p}}_registrar, {{p}}_claimer;

set role {{p}}_claimer;

-- Waits for the writers that came before the closing, then takes every run from its worker: its next append has a stale epoch.
create function sys.halt_runs(p_tenant uuid) returns table (run_id uuid)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  select pg_advisory_xact_lock(21012, hashtext(p_tenant::text));
  update app.runs r set status = 'queued', worker = null, epoch = r.epoch + 1
  where r.tenant_id = p_tenant and r.status in ('queued', 'running') returning r.id
$f$;
-- Ids only: whatever is due is done inside each tenant's wall.
create function sys.tenants_after(p_after uuid, p_limit int) returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select t.tenant_id from app.tenants t where t.state = 'active' and (p_after is null or t.tenant_id > p_after)
  order by t.tenant_id limit p_limit
$f$;
revoke all on function sys.halt_runs(uuid), sys.tenants_after(uuid, int) from public;
grant execute on function sys.halt_runs(uuid), sys.tenants_after(uuid, int) to {{p}}_ops;

set role {{p}}_registrar;

-- One record, once, at the end of the operator's chain. Acts upon tenants are rare: chaining inside the act costs nobody.
create function sys.append_operator(p_id uuid, p_body text, p_digest bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  select pg_advisory_xact_lock(21013, 0);
  insert into sys.operator_audit (seq, id, body, prev_hash, hash)
  select n.seq, p_id, p_body, n.prev,
    sha256('\x01'::bytea || coalesce(n.prev, decode(repeat('00', 32), 'hex')) || int8send(n.seq) || p_digest)
  from (select coalesce(max(a.seq), -1) + 1 as seq, (array_agg(a.hash order by a.seq desc))[1] as prev
        from sys.operator_audit a where a.seq >= coalesce((select max(b.seq) from sys.operator_audit b), 0)) n
  where not exists (select 1 from sys.operator_audit a where a.id = p_id);
$f$;

-- Closes the tenant and begins its purge, when `p_name` is its name. A purge that stands already is the answer.
create function sys.request_purge(p_purge uuid, p_tenant uuid, p_name text, p_body text, p_digest bytea)
returns table (purge_id uuid, known boolean, named boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  update app.tenants t set state = 'deleting' where t.tenant_id = p_tenant and t.name = p_name;
  insert into sys.purges (id, tenant_id)
    select p_purge, t.tenant_id from app.tenants t where t.tenant_id = p_tenant and t.name = p_name on conflict (tenant_id) do nothing;
  delete from sys.setup_links l where l.tenant_id = p_tenant and exists (select 1 from sys.purges p where p.id = p_purge);
  select sys.append_operator(p_purge, p_body, p_digest) where exists (select 1 from sys.purges p where p.id = p_purge);
  select (select p.id from sys.purges p where p.tenant_id = p_tenant),
    exists (select 1 from app.tenants t where t.tenant_id = p_tenant),
    exists (select 1 from app.tenants t where t.tenant_id = p_tenant and t.name = p_name)
$f$;
create function sys.find_purge(p_purge uuid)
returns table (tenant_id uuid, step text, progress text, certificate text, requested_at timestamptz, ended_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select p.tenant_id, p.step, p.progress, p.certificate, p.requested_at, p.ended_at from sys.purges p where p.id = p_purge
$f$;
create function sys.operator_audit_after(p_after bigint, p_limit int)
returns table (seq bigint, body text, prev_hash bytea, hash bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select a.seq, a.body, a.prev_hash, a.hash from sys.operator_audit a where a.seq > p_after order by a.seq limit p_limit
$f$;

create function sys.claim_purge(p_lease_ms int)
returns table (id uuid, tenant_id uuid, step text, epoch bigint, progress text, requested_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with pick as (select p.id from sys.purges p where p.step <> 'done' and (p.lease_until is null or p.lease_until < clock_timestamp())
                order by p.id limit 1 for update skip locked)
  update sys.purges p set epoch = p.epoch + 1, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  from pick where p.id = pick.id returning p.id, p.tenant_id, p.step, p.epoch, p.progress, p.requested_at
$f$;
-- Nothing is moved by a node whose place another one took. A lease of no time gives the purge back.
create function sys.advance_purge(p_id uuid, p_epoch bigint, p_step text, p_progress text, p_lease_ms int) returns table (moved boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  update sys.purges p set step = p_step, progress = p_progress, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
  where p.id = p_id and p.epoch = p_epoch and p.step <> 'done' returning true
$f$;
create function sys.record_purge(p_id uuid, p_epoch bigint, p_record uuid, p_body text, p_digest bytea) returns table (recorded boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  select p.id from sys.purges p where p.id = p_id for update;
  select sys.append_operator(p_record, p_body, p_digest) where exists (select 1 from sys.purges p where p.id = p_id and p.epoch = p_epoch);
  select exists (select 1 from sys.operator_audit a where a.id = p_record)
$f$;
create function sys.finish_purge(p_id uuid, p_epoch bigint, p_certificate text, p_record uuid, p_body text, p_digest bytea)
returns table (moved boolean)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  select p.id from sys.purges p where p.id = p_id for update;
  select sys.append_operator(p_record, p_body, p_digest)
    where exists (select 1 from sys.purges p where p.id = p_id and p.epoch = p_epoch and p.step = 'certify');
  update sys.purges p set step = 'done', certificate = p_certificate, ended_at = clock_timestamp()
  where p.id = p_id and p.epoch = p_epoch and p.step = 'certify' returning true
$f$;
-- What the operator's own tables say of a tenant, apart from its purge; answers how many rows went.
create function sys.forget_tenant(p_tenant uuid) returns table (forgotten int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  with links as (delete from sys.setup_links l where l.tenant_id = p_tenant returning 1),
  plans as (delete from sys.instance i where i.name in ('first_tenant', 'first_boot')
              and position(convert_to(p_tenant::text, 'UTF8') in i.value) > 0 returning 1)
  select ((select count(*) from links) + (select count(*) from plans))::int
$f$;
-- Tenants whose purge ended lately: bytes that were on their way then may have come to rest since.
create function sys.purged_lately(p_hours int) returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select p.tenant_id from sys.purges p where p.ended_at > clock_timestamp() - make_interval(hours => p_hours)
$f$;
revoke all on function sys.append_operator(uuid, text, bytea), sys.request_purge(uuid, uuid, text, text, bytea), sys.find_purge(uuid),
  sys.operator_audit_after(bigint, int), sys.claim_purge(int), sys.advance_purge(uuid, bigint, text, text, int),
  sys.record_purge(uuid, bigint, uuid, text, bytea), sys.finish_purge(uuid, bigint, text, uuid, text, bytea), sys.forget_tenant(uuid),
  sys.purged_lately(int) from public;
grant execute on function sys.request_purge(uuid, uuid, text, text, bytea), sys.find_purge(uuid), sys.operator_audit_after(bigint, int) to {{p}}_api;
grant execute on function sys.claim_purge(int), sys.advance_purge(uuid, bigint, text, text, int),
  sys.record_purge(uuid, bigint, uuid, text, bytea), sys.finish_purge(uuid, bigint, text, uuid, text, bytea), sys.forget_tenant(uuid),
  sys.purged_lately(int) to {{p}}_ops;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_registrar, {{p}}_claimer;
reset role;
