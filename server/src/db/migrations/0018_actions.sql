-- Calls of HTTP services that a tenant declares as tools. A declaration never changes: another one is another action, and voids approvals.

set role {{p}}_owner;

create table app.actions (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (name ~ '^[a-z0-9_]{1,30}\.[a-z0-9_]{1,30}$'),
  declaration bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, name),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);

alter table app.actions enable row level security;
alter table app.actions force row level security;
create policy wall on app.actions to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
create policy closed_insert on app.actions as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()));
create policy closed_update on app.actions as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()));
grant select, delete on app.actions to {{p}}_purger;
grant select, insert, delete on app.actions to {{p}}_tenant;

reset role;
