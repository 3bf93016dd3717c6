-- Tokens that a tenant takes no more before they end, the networks that a key was used from, and what posture tells of access.

set role {{p}}_owner;

-- Of an issuer's tokens: one (`jti`), all of a session (`sid`), or all of a person that were issued until then (`sub`). No token is older
-- than a day (the greatest `max_age`), so that a row is of no use after it.
create table app.token_denials (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  issuer text not null check (length(issuer) between 1 and 500),
  kind text not null check (kind in ('token', 'session', 'subject')),
  value text not null check (length(value) between 1 and 255),
  issued_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, id),
  check ((kind = 'subject') = (issued_until is not null))
);
create index token_denials_by_value on app.token_denials (tenant_id, issuer, value);

alter table app.token_denials enable row level security;
alter table app.token_denials force row level security;
create policy wall on app.token_denials to {{p}}_tenant, {{p}}_purger
  using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
grant select, delete on app.token_denials to {{p}}_purger;
grant select, insert, delete on app.token_denials to {{p}}_tenant;
create policy closed_insert on app.token_denials as restrictive for insert to {{p}}_tenant with check ((select app.open_to_writers()));
create policy closed_update on app.token_denials as restrictive for update to {{p}}_tenant using (true) with check ((select app.open_to_writers()));
create policy find_denials on app.token_denials for select to {{p}}_auth using (true);
grant select on app.token_denials to {{p}}_auth;

-- Digests under a key of the tenant: the row tells no address. The newest 32.
alter table app.api_keys add column networks bytea[] not null default '{}' check (cardinality(networks) <= 32);
grant update (networks) on app.api_keys to {{p}}_tenant;

create policy count_policies on app.retention_policies for select to {{p}}_auth using (true);
grant select on app.retention_policies to {{p}}_auth;
grant create on schema sys to {{p}}_auth;

set role {{p}}_auth;

drop function sys.find_memberships(text, text);
-- The memberships of one person, each with whether its tenant takes this token no more. The caller has verified the token.
create function sys.find_memberships(p_issuer text, p_subject text, p_token text, p_session text, p_issued_at double precision)
returns table (tenant_id uuid, user_id uuid, user_role text, tenant_state text, user_state text, denied boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select i.tenant_id, i.user_id, u.role, t.state, u.state,
    exists (select 1 from app.token_denials d where d.tenant_id = i.tenant_id and d.issuer = p_issuer and (
      (d.kind = 'token' and d.value = p_token) or (d.kind = 'session' and d.value = p_session)
      or (d.kind = 'subject' and d.value = p_subject and d.issued_until >= to_timestamp(p_issued_at))))
  from app.identities i
  join app.tenants t on t.tenant_id = i.tenant_id
  join app.users u on u.tenant_id = i.tenant_id and u.id = i.user_id
  where i.issuer = p_issuer and i.subject = p_subject
  order by i.tenant_id limit 100
$f$;

-- Numbers alone, of the whole deployment.
create function sys.access_figures()
returns table (tenants bigint, with_retention bigint, idle_keys bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select
    (select count(*) from app.tenants t where t.state = 'active'),
    (select count(distinct p.tenant_id) from app.retention_policies p join app.tenants t on t.tenant_id = p.tenant_id and t.state = 'active'),
    (select count(*) from app.api_keys k where k.status <> 'revoked' and not k.exposed and k.expires_at > clock_timestamp()
       and coalesce(k.last_used_at, k.created_at) < clock_timestamp() - interval '90 days')
$f$;

revoke all on function sys.find_memberships(text, text, text, text, double precision), sys.access_figures() from public;
grant execute on function sys.find_memberships(text, text, text, text, double precision), sys.access_figures() to {{p}}_api;

reset role;
set role {{p}}_owner;
revoke create on schema sys from {{p}}_auth;
reset role;
