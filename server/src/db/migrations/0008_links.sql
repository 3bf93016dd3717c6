-- Signed links to artifacts. The signature is one door, this row is the other: looked up by a random id under the tenant's wall.
-- A tenant's epoch is part of what is signed, so that raising it voids every link of the tenant at once.

set role {{p}}_owner;

-- A tenant without a row stands at epoch 0.
create table app.link_epochs (
  tenant_id uuid primary key references app.tenants (tenant_id),
  epoch int not null check (epoch > 0)
);

create table app.artifact_links (
  tenant_id uuid not null,
  id uuid not null,
  artifact_id uuid not null,
  user_id uuid not null,
  disposition text not null check (disposition in ('attachment', 'inline')),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  check (expires_at <= created_at + interval '1 hour 1 minute'),
  foreign key (tenant_id, artifact_id) references app.artifacts (tenant_id, id) on delete cascade,
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);
create index artifact_links_by_artifact on app.artifact_links (tenant_id, artifact_id);

do $walls$
declare t text;
begin
  foreach t in array array['link_epochs', 'artifact_links'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
    execute format('create policy closed_insert on app.%I as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()))', t);
    execute format('create policy closed_update on app.%I as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()))', t);
  end loop;
end $walls$;
grant select, insert, update (epoch) on app.link_epochs to {{p}}_tenant;
grant select, insert, update (revoked_at) on app.artifact_links to {{p}}_tenant;

reset role;
