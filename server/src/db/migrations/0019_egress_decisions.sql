-- Where the calls of a tenant went and what was refused, across its runs: one row a hop, beside the event of the run.

set role {{p}}_owner;

create table app.egress_decisions (
  tenant_id uuid not null,
  -- UUIDv7: its time is `decided_at`, so that a span of time is a range of ids.
  id uuid not null,
  run_id uuid not null,
  call_id text not null check (length(call_id) between 1 and 200),
  tool text not null check (length(tool) between 1 and 200),
  verdict text not null check (verdict in ('allow', 'block', 'report')),
  code text check (length(code) between 1 and 60),
  hop int not null check (hop >= 0),
  port int not null check (port between 0 and 65535),
  status int check (status between 100 and 599),
  bytes bigint not null check (bytes >= 0),
  dns_ms int not null check (dns_ms >= 0),
  connect_ms int not null check (connect_ms >= 0),
  -- Host, rule and address, sealed; and a keyed digest of the host, by which it is found.
  place bytea not null,
  host_digest bytea not null check (octet_length(host_digest) = 32),
  key_id text not null,
  decided_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, run_id) references app.runs (tenant_id, id),
  check (verdict = 'allow' or code is not null)
);
create index egress_decisions_by_run on app.egress_decisions (tenant_id, run_id, id);
create index egress_decisions_by_host on app.egress_decisions (tenant_id, host_digest, id);
create index egress_decisions_by_tool on app.egress_decisions (tenant_id, tool, id);
create index egress_decisions_by_verdict on app.egress_decisions (tenant_id, verdict, id) where verdict <> 'allow';
create index egress_decisions_by_code on app.egress_decisions (tenant_id, code, id) where code is not null;

alter table app.egress_decisions enable row level security;
alter table app.egress_decisions force row level security;
create policy wall on app.egress_decisions to {{p}}_tenant, {{p}}_purger using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
create policy closed_insert on app.egress_decisions as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()));
create policy closed_update on app.egress_decisions as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()));
grant select, delete on app.egress_decisions to {{p}}_purger;
grant select, insert on app.egress_decisions to {{p}}_tenant;

reset role;
