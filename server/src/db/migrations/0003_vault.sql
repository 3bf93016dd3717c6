-- The vault: a data key per tenant, wrapped by a master key that the database never sees; and content that is sealed from here on.
-- Rows from before keep `key_id null` and stay readable; a new one without a key is refused.

set role {{p}}_owner;

create table sys.master_keys (
  version int primary key check (version > 0),
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  created_at timestamptz not null default clock_timestamp(),
  retired_at timestamptz
);
grant select, insert, update (retired_at) on sys.master_keys to {{p}}_registrar;

-- wrapped: version, nonce, key, tag of AES-256-GCM; bound to tenant, key and purpose.
create table app.tenant_keys (
  tenant_id uuid not null references app.tenants (tenant_id),
  key_id text not null check (length(key_id) = 36),
  purpose text not null check (purpose in ('content', 'index')),
  version int not null check (version = 1),
  wrapped bytea check (octet_length(wrapped) = 61),
  master_version int not null check (master_version > 0),
  master_fingerprint bytea not null check (octet_length(master_fingerprint) = 32),
  state text not null default 'active' check (state in ('active', 'retired', 'destroyed')),
  created_at timestamptz not null default clock_timestamp(),
  destroyed_at timestamptz,
  primary key (tenant_id, key_id),
  check ((state = 'destroyed') = (wrapped is null)),
  check ((state = 'destroyed') = (destroyed_at is not null))
);
create unique index tenant_keys_active on app.tenant_keys (tenant_id, purpose) where state = 'active';
create index tenant_keys_by_master on app.tenant_keys (master_version, tenant_id) where state <> 'destroyed';

alter table app.tenant_keys enable row level security;
alter table app.tenant_keys force row level security;
create policy wall on app.tenant_keys to {{p}}_tenant, {{p}}_purger
  using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
grant select, delete on app.tenant_keys to {{p}}_purger;
grant select, insert, update (wrapped, master_version, master_fingerprint, state, destroyed_at) on app.tenant_keys to {{p}}_tenant;

-- The result comes later than the task and may be sealed under a newer key.
alter table app.runs add column result_key_id text;
grant update (result_key_id) on app.runs to {{p}}_tenant;
alter table app.runs add constraint runs_sealed check (key_id is not null) not valid;
alter table app.runs add constraint runs_result_sealed check (result is null or result_key_id is not null) not valid;

-- The salt of the commitment is sealed with the payload: beside the digest it would let anyone test a guess.
alter table app.events drop constraint events_check;
alter table app.events add constraint events_present check ((data_state = 'present') = (data is not null));
alter table app.events add constraint events_sealed check (key_id is not null and salt is null) not valid;

alter table app.effects add constraint effects_sealed check (result is null or key_id is not null) not valid;
alter table app.idempotency add constraint idempotency_sealed check (body is null or key_id is not null) not valid;

-- Sources are addresses with their paths and queries; the digest of known bytes is a name for them. Both are content.
alter table app.artifacts drop constraint artifacts_sha256_check;
alter table app.artifacts alter column sources drop default;
alter table app.artifacts alter column sources type bytea using convert_to(array_to_json(sources)::text, 'UTF8');
alter table app.artifacts add constraint artifacts_sealed check (key_id is not null) not valid;
alter table app.entities alter column sources drop default;
alter table app.entities alter column sources type bytea using convert_to(array_to_json(sources)::text, 'UTF8');
alter table app.entities add constraint entities_sealed check (key_id is not null) not valid;

create policy count_master on app.tenant_keys for select to {{p}}_registrar using (true);
grant select (tenant_id, master_version, state) on app.tenant_keys to {{p}}_registrar;
grant create on schema sys to {{p}}_registrar;

set role {{p}}_registrar;

create function sys.master_keys() returns table (version int, fingerprint bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select m.version, m.fingerprint from sys.master_keys m where m.retired_at is null order by m.version
$f$;
-- The first writer of a version wins; the answer is what stands.
create function sys.register_master_key(p_version int, p_fingerprint bytea) returns table (fingerprint bytea)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  insert into sys.master_keys as m (version, fingerprint) values (p_version, p_fingerprint)
  on conflict (version) do update set retired_at = m.retired_at returning m.fingerprint
$f$;
-- Ids only: the work is done inside each tenant.
create function sys.tenants_to_rewrap(p_version int, p_after uuid, p_limit int) returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select distinct k.tenant_id from app.tenant_keys k
  where k.master_version <> p_version and k.state <> 'destroyed' and (p_after is null or k.tenant_id > p_after)
  order by k.tenant_id limit p_limit
$f$;
create function sys.retire_master_keys(p_newest int) returns table (version int)
language sql security definer set search_path = pg_catalog, pg_temp as $f$
  update sys.master_keys m set retired_at = clock_timestamp()
  where m.version < p_newest and m.retired_at is null
    and not exists (select 1 from app.tenant_keys k where k.master_version = m.version and k.state <> 'destroyed')
  returning m.version
$f$;
revoke all on function sys.master_keys(), sys.register_master_key(int, bytea), sys.tenants_to_rewrap(int, uuid, int),
  sys.retire_master_keys(int) from public;
grant execute on function sys.master_keys() to {{p}}_api, {{p}}_worker;
grant execute on function sys.register_master_key(int, bytea), sys.tenants_to_rewrap(int, uuid, int),
  sys.retire_master_keys(int) to {{p}}_api;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_registrar;
reset role;
