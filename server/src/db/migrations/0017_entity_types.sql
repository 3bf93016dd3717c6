-- Types of entities that a tenant defines for itself. A row is never changed: a compatible change is the next revision of its version,
-- any other is the next version.

set role {{p}}_owner;

create table app.entity_types (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (name ~ '^[a-z][a-z0-9-]{0,62}$'),
  version int not null check (version between 1 and 1000),
  revision int not null check (revision between 1 and 1000),
  definition bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, name, version, revision),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);

do $walls$
declare t text;
begin
  foreach t in array array['entity_types'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
    execute format('create policy closed_insert on app.%I as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()))', t);
    execute format('create policy closed_update on app.%I as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()))', t);
  end loop;
end $walls$;
grant select, insert on app.entity_types to {{p}}_tenant;

reset role;
