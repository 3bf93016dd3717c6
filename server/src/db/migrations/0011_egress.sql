-- Where the agents of a tenant may go, how often and how much; and the credentials that a tenant keeps for its tools.

set role {{p}}_owner;

-- Written, never read back: a value is opened only to be put into a header of a call to one of its hosts.
create table app.secrets (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  hosts text[] not null check (cardinality(hosts) between 1 and 20),
  value bytea not null,
  key_id text not null,
  user_id uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  unique (tenant_id, name),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id)
);

-- A tenant without a row goes where the deployment allows.
create table app.egress_policies (
  tenant_id uuid primary key references app.tenants (tenant_id),
  profile text not null default 'open' check (profile in ('open', 'internal')),
  allow text[] not null default '{}' check (cardinality(allow) <= 500),
  deny text[] not null default '{}' check (cardinality(deny) <= 500),
  reader boolean not null default true,
  updated_at timestamptz not null default clock_timestamp()
);

-- `*` is all tools together.
create table app.egress_limits (
  tenant_id uuid not null references app.tenants (tenant_id),
  tool text not null check (length(tool) between 1 and 200),
  calls_per_minute int check (calls_per_minute between 1 and 1000000),
  bytes_per_hour bigint check (bytes_per_hour between 1 and 1000000000000000),
  primary key (tenant_id, tool),
  check (calls_per_minute is not null or bytes_per_hour is not null)
);

-- What was used in the minute and the hour that stand here; an older minute or hour counts as nothing.
create table app.egress_use (
  tenant_id uuid not null references app.tenants (tenant_id),
  tool text not null check (length(tool) between 1 and 200),
  minute timestamptz not null,
  calls int not null check (calls >= 0),
  hour timestamptz not null,
  bytes bigint not null check (bytes >= 0),
  primary key (tenant_id, tool)
) with (fillfactor = 50);

do $walls$
declare t text;
begin
  foreach t in array array['secrets', 'egress_policies', 'egress_limits', 'egress_use'] loop
    execute format('alter table app.%I enable row level security', t);
    execute format('alter table app.%I force row level security', t);
    execute format('create policy wall on app.%I to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant())', t);
    execute format('grant select, delete on app.%I to {{p}}_purger', t);
    execute format('create policy closed_insert on app.%I as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()))', t);
    execute format('create policy closed_update on app.%I as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()))', t);
  end loop;
end $walls$;
grant select, insert, delete, update (hosts, value, key_id, updated_at) on app.secrets to {{p}}_tenant;
grant select, insert, update (profile, allow, deny, reader, updated_at) on app.egress_policies to {{p}}_tenant;
grant select, insert, delete on app.egress_limits to {{p}}_tenant;
grant select, insert, update (minute, calls, hour, bytes) on app.egress_use to {{p}}_tenant;

reset role;
