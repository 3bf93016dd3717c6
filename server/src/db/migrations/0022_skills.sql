-- Skills that a tenant uploads: whole folders, kept under their digest. What they ask for counts from the moment on at which a person
-- approved exactly these bytes; a row never changes but in that.

set role {{p}}_owner;

create table app.skills (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (name ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(name) <= 64),
  version text not null check (version ~ '^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}$'),
  digest bytea not null check (length(digest) = 32),
  files int not null check (files between 1 and 100),
  bytes int not null check (bytes between 0 and 1048576),
  folder bytea not null,
  facts bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  state text not null default 'pending' check (state in ('pending', 'approved', 'withdrawn')),
  approved_by uuid,
  approved_at timestamptz,
  withdrawn_by uuid,
  withdrawn_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, name, version),
  check ((approved_at is null) = (approved_by is null) and (withdrawn_at is null) = (withdrawn_by is null)),
  check (state = 'pending' or approved_at is not null),
  check (state <> 'withdrawn' or withdrawn_at is not null),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id),
  foreign key (tenant_id, approved_by) references app.users (tenant_id, id),
  foreign key (tenant_id, withdrawn_by) references app.users (tenant_id, id)
);

alter table app.skills enable row level security;
alter table app.skills force row level security;
create policy wall on app.skills to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
create policy closed_insert on app.skills as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()));
create policy closed_update on app.skills as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()));
grant select, delete on app.skills to {{p}}_purger;
grant select, insert, delete on app.skills to {{p}}_tenant;
grant update (state, approved_by, approved_at, withdrawn_by, withdrawn_at) on app.skills to {{p}}_tenant;

reset role;
