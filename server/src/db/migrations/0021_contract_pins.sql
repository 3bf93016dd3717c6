-- Each key has pinned the release of the contracts that its program knows. Keys from before, and keys that a node of an older release makes
-- while this one is brought in, know the first.

set role {{p}}_owner;

alter table app.api_keys
  add column contracts_version text not null default '2026-11-01' check (contracts_version ~ '^\d{4}-\d\d-\d\d$');
grant update (contracts_version) on app.api_keys to {{p}}_tenant;

grant create on schema sys to {{p}}_auth;

set role {{p}}_auth;

drop function sys.find_key(text);
create function sys.find_key(p_key_id text)
returns table (tenant_id uuid, id uuid, user_id uuid, env text, pepper_version int, secret_hmac bytea, scopes text[],
               status text, exposed boolean, expires_at timestamptz, tenant_state text, user_state text, user_role text,
               contracts_version text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select k.tenant_id, k.id, k.user_id, k.env, k.pepper_version, k.secret_hmac, k.scopes,
         k.status, k.exposed, k.expires_at, t.state, u.state, u.role, k.contracts_version
  from app.api_keys k
  join app.tenants t on t.tenant_id = k.tenant_id
  join app.users u on u.tenant_id = k.tenant_id and u.id = k.user_id
  where k.key_id = p_key_id
$f$;

revoke all on function sys.find_key(text) from public;
grant execute on function sys.find_key(text) to {{p}}_api;

set role {{p}}_owner;
revoke create on schema sys from {{p}}_auth;

reset role;
