-- Sessions of people in a browser. Only the digest of a random token is stored; the token itself is in one cookie.
-- A session ends by itself (expires_at), by sign-out (ended_at), and with its user, its tenant or the key it was made from.

set role {{p}}_owner;

create table app.sessions (
  tenant_id uuid not null references app.tenants (tenant_id),
  id uuid not null,
  digest bytea not null check (octet_length(digest) = 32),
  user_id uuid not null,
  api_key_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  last_used_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  primary key (tenant_id, id),
  unique (digest),
  check (expires_at <= created_at + interval '168 hours'),
  foreign key (tenant_id, user_id) references app.users (tenant_id, id),
  foreign key (tenant_id, api_key_id) references app.api_keys (tenant_id, id)
);

alter table app.sessions enable row level security;
alter table app.sessions force row level security;
create policy wall on app.sessions to {{p}}_tenant, {{p}}_purger
  using (tenant_id = app.current_tenant()) with check (tenant_id = app.current_tenant());
grant select, delete on app.sessions to {{p}}_purger;
grant select, insert, update (expires_at, last_used_at, ended_at) on app.sessions to {{p}}_tenant;

create policy find_sessions on app.sessions for select to {{p}}_auth using (true);
grant select on app.sessions to {{p}}_auth;
grant create on schema sys to {{p}}_auth;

set role {{p}}_auth;

-- The clock of the database decides, as it does for leases: nodes may disagree. No key at all is a key that holds.
create function sys.find_session(p_digest bytea)
returns table (tenant_id uuid, id uuid, user_id uuid, api_key_id uuid, user_role text, key_scopes text[],
               ended boolean, expired boolean, key_holds boolean, tenant_state text, user_state text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select s.tenant_id, s.id, s.user_id, s.api_key_id, u.role, k.scopes,
         s.ended_at is not null, s.expires_at <= clock_timestamp(),
         s.api_key_id is null or (k.status <> 'revoked' and not k.exposed and k.expires_at > clock_timestamp()),
         t.state, u.state
  from app.sessions s
  join app.tenants t on t.tenant_id = s.tenant_id
  join app.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
  left join app.api_keys k on k.tenant_id = s.tenant_id and k.id = s.api_key_id
  where s.digest = p_digest
$f$;
revoke all on function sys.find_session(bytea) from public;
grant execute on function sys.find_session(bytea) to {{p}}_api;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_auth;
reset role;
