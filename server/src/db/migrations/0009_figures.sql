-- What an operator watches of the whole deployment, as numbers alone: no id of a tenant and no name is in the answer.

grant create on schema sys to {{p}}_claimer;

set role {{p}}_claimer;

-- The id of the oldest queued run holds its time (UUIDv7); which tenant it is of does not show.
create function sys.figures()
returns table (queued bigint, running bigint, oldest_queued uuid, workers bigint, unsealed bigint, sealing_lag_ms bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $f$
  select
    (select count(*) from app.runs r where r.status = 'queued'),
    (select count(*) from app.runs r where r.status = 'running'),
    (select r.id from app.runs r where r.status = 'queued' order by r.id limit 1),
    (select count(*) from sys.live_workers()),
    (select count(*) from app.audit_unsealed u),
    (select coalesce(extract(epoch from clock_timestamp() - min(u.since)) * 1000, 0)::bigint from app.audit_unsealed u)
$f$;
revoke all on function sys.figures() from public;
grant execute on function sys.figures() to {{p}}_api;

reset role;
set role {{p}}_owner;
revoke create on schema sys from {{p}}_claimer;
reset role;
