-- The audit log: a record is inserted unchained in the transaction of its act; one sealer a tenant then gives it its place.
-- Both tables are insert-only for everybody but the purge; what waits to be sealed stands in a small table of its own.

set role {{p}}_owner;

create table app.audit (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  time timestamptz not null,
  actor_kind text not null check (actor_kind in ('key', 'session', 'run', 'operator', 'system')),
  actor_id text not null check (length(actor_id) between 1 and 200),
  on_behalf_of uuid,
  action text not null check (action ~ '^[a-z]+(\.[a-z_]+)+$'),
  object_kind text check (length(object_kind) between 1 and 40),
  object_id text check (length(object_id) between 1 and 200),
  outcome text not null check (outcome in ('success', 'denied', 'failed')),
  reason text check (length(reason) between 1 and 500),
  request_id uuid,
  -- References, counts and digests only: what a person wrote is never here.
  detail text not null check (length(detail) between 2 and 4000),
  body_digest bytea not null check (octet_length(body_digest) = 32),
  primary key (tenant_id, id),
  check ((object_kind is null) = (object_id is null))
);

create table app.audit_chain (
  tenant_id uuid not null,
  seq bigint not null check (seq >= 0),
  record_id uuid not null,
  prev_hash bytea check (octet_length(prev_hash) = 32),
  hash bytea not null check (octet_length(hash) = 32),
  sealed_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, seq),
  unique (tenant_id, record_id),
  check ((seq = 0) = (prev_hash is null)),
  foreign key (tenant_id, record_id) references app.audit (tenant_id, id)
);

create table app.audit_unsealed (
  tenant_id uuid not null,
  record_id uuid not null,
  since timestamptz not null default clock_timestamp(),
  primary key (tenant_id, record_id),
  foreign key (tenant_id, record_id) references app.audit (tenant_id, id)
);

create function app.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $f$
begin
  if tg_op = 'DELETE' and current_user = '{{p}}_purger' then return old; end if;
  raise exception 'the audit log is insert-only' using errcode = 'insufficient_privilege';
end $f$;
revoke all on function app.refuse_change() from public;

do $walls$
declare t text;
begin
  foreach t in array array['audit', 'audit_chain', 'audit_unsealed'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
  end loop;
  foreach t in array array['audit', 'audit_chain'] loop
    execute format('create trigger insert_only before update or delete on app.%I for each row execute function app.refuse_change()', t);
    execute format('create trigger never_truncated before truncate on app.%I for each statement execute function app.refuse_change()', t);
  end loop;
end $walls$;

grant select, insert on app.audit, app.audit_chain to {{p}}_tenant;
grant select, insert, delete on app.audit_unsealed to {{p}}_tenant;

create policy due_see on app.audit_unsealed for select to {{p}}_claimer using (true);
grant select (tenant_id, since) on app.audit_unsealed to {{p}}_claimer;
grant create on schema sys to {{p}}_claimer;

set role {{p}}_claimer;

-- Which tenants have records that wait for their place: ids only, the work is done inside each tenant's wall.
create function sys.audit_due(p_most int) returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select u.tenant_id from app.audit_unsealed u group by u.tenant_id order by min(u.since) limit p_most
$f$;
revoke all on function sys.audit_due(int) from public;
grant execute on function sys.audit_due(int) to {{p}}_worker;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_claimer;
reset role;
