// Ways in that are over: sessions, keys and links whose end is long past. What still names a key keeps its row.
import { sql, type TenantScope } from '../db/db.ts';

const BATCH = 500;
/** So long after its end a key can still be asked for: who used it, and when. */
const KEY_DAYS = 90;

export function expireSessions(purger: TenantScope): Promise<number> {
  return purger.run(sql`delete from sessions s where ${purger.mine('s')} and s.id = any(array(
    select x.id from sessions x where ${purger.mine('x')} and least(x.ended_at, x.expires_at) <= (select app.kept_since('session')) limit ${BATCH}))`);
}

export function expireLinks(purger: TenantScope): Promise<number> {
  return purger.run(sql`delete from artifact_links l where ${purger.mine('l')} and l.id = any(array(
    select x.id from artifact_links x where ${purger.mine('x')} and x.expires_at < clock_timestamp() - interval '1 day' limit ${BATCH}))`);
}

export function expireKeys(purger: TenantScope): Promise<number> {
  return purger.run(sql`delete from api_keys k where ${purger.mine('k')} and k.id = any(array(
    select x.id from api_keys x where ${purger.mine('x')} and x.expires_at < clock_timestamp() - make_interval(days => ${KEY_DAYS})
      and not exists (select 1 from runs r where ${purger.mine('r')} and r.api_key_id = x.id)
      and not exists (select 1 from sessions s where ${purger.mine('s')} and s.api_key_id = x.id)
      and not exists (select 1 from api_keys o where ${purger.mine('o')} and o.replaced_by = x.id)
    limit ${BATCH}))`);
}
