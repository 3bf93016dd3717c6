-- Held calls, the people who decided them, and the tenant's rule about who may. A card is content: it quotes what pages said.
-- An approval is bound to one call by a digest and is spent in the statement of its claim.

set role {{p}}_owner;

-- A tenant without a row: one seat, and who started a run may decide.
create table app.approval_policies (
  tenant_id uuid primary key references app.tenants (tenant_id),
  starter_may boolean not null,
  seats int not null check (seats between 1 and 2),
  expires_seconds int not null check (expires_seconds between 60 and 604800)
);

create table app.approvals (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  call_id text not null,
  tool text not null,
  effect text not null,
  rule text not null,
  state text not null default 'pending' check (state in ('pending', 'approved', 'denied', 'expired', 'used', 'void')),
  digest bytea not null check (octet_length(digest) = 32),
  card bytea not null,
  key_id text not null,
  -- The rule as it stood when the call was held.
  seats int not null check (seats between 1 and 2),
  starter_may boolean not null,
  requested_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  decided_at timestamptz,
  use_before timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, run_id, call_id),
  check ((state = 'approved') <= (use_before is not null)),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id)
);
create index approvals_pending on app.approvals (expires_at) where state = 'pending';

create table app.approval_seats (
  tenant_id uuid not null,
  approval_id uuid not null,
  user_id uuid not null,
  verdict text not null check (verdict in ('approve', 'deny')),
  note bytea,
  key_id text not null,
  decided_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, approval_id, user_id),
  foreign key (tenant_id, approval_id) references app.approvals (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);

-- A call that its worker lost may still be under way for a while: nobody settles it before.
alter table app.effects add column settle_after timestamptz;
grant update (settle_after) on app.effects to {{p}}_tenant;

do $walls$
declare t text;
begin
  foreach t in array array['approval_policies', 'approvals', 'approval_seats'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
    execute format('create policy closed_insert on app.%I as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()))', t);
    execute format('create policy closed_update on app.%I as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()))', t);
  end loop;
end $walls$;
grant select, insert, update (starter_may, seats, expires_seconds) on app.approval_policies to {{p}}_tenant;
grant select, insert, update (state, decided_at, use_before) on app.approvals to {{p}}_tenant;
grant select, insert on app.approval_seats to {{p}}_tenant;

create policy due_see on app.approvals for select to {{p}}_claimer using (state = 'pending');
grant select (tenant_id, state, expires_at) on app.approvals to {{p}}_claimer;
grant create on schema sys to {{p}}_claimer;

set role {{p}}_claimer;

-- Which tenants have held calls whose time is over: ids only, the work is done inside each tenant's wall.
create function sys.approvals_due(p_most int) returns table (tenant_id uuid)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select a.tenant_id from app.approvals a where a.state = 'pending' and a.expires_at <= clock_timestamp()
  group by a.tenant_id order by min(a.expires_at) limit p_most
$f$;
revoke all on function sys.approvals_due(int) from public;
grant execute on function sys.approvals_due(int) to {{p}}_worker;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_claimer;
reset role;
