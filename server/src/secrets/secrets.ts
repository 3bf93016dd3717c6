// Owns the credentials that a tenant keeps for its tools: sealed, named, and bound to the hosts they are for.
// Promises that a value is never read back over any interface, and is opened only for a call to one of its hosts.
// Must never keep a value under new hosts: who changes where it goes must know it and say it again.
import type { CreateSecret, PutSecret, Secret } from '@sallyport/contracts';
import { findHostRule, parseHostRule } from '@sallyport/egress';
import { recordAct } from '../audit/audit.ts';
import { lockTenant, type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { newId, type SecretId } from '../ids.ts';
import type { UserPrincipal } from '../principal.ts';

const MOST_SECRETS = 200;

function readSecret(row: Row): Secret {
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    name: row.text('name'),
    hosts: row.textArray('hosts'),
    created_by: row.text('user_id'),
    created_at: row.time('created_at').toISOString(),
    updated_at: row.time('updated_at').toISOString(),
  };
}

function demandHosts(hosts: readonly string[]): void {
  const fields = hosts.flatMap((text, at) => {
    try {
      parseHostRule(text);
      return [];
    } catch {
      return [{ path: `/hosts/${at}`, message: 'is not a host with an optional port' }];
    }
  });
  if (fields.length > 0) throw fault('invalid_input', { fields });
}

/** Keeps a value under a new name. */
export async function createSecret(tx: TenantTx, by: UserPrincipal, wanted: CreateSecret): Promise<Secret> {
  demandHosts(wanted.hosts);
  await lockTenant(tx, 'secrets');
  const count = await tx.first(sql`select count(s.id)::int as n from secrets s where ${tx.mine('s')}`, (row: Row) =>
    row.int('n'),
  );
  if ((count ?? 0) >= MOST_SECRETS)
    throw fault('conflict', { fields: [{ path: '', message: `the tenant has ${MOST_SECRETS} secrets already` }] });
  const id = newId<SecretId>();
  const content = await tx.content();
  const made = await tx.first(
    sql`insert into secrets (tenant_id, id, name, hosts, value, key_id, user_id)
        values (${tx.value}, ${id}, ${wanted.name}, ${[...wanted.hosts]}, ${content.seal('secrets.value', id, wanted.value)}, ${content.keyId}, ${by.userId})
        on conflict (tenant_id, name) do nothing returning id, tenant_id, name, hosts, user_id, created_at, updated_at`,
    readSecret,
  );
  if (made === undefined) throw fault('conflict', { fields: [{ path: '/name', message: 'is taken' }] });
  await recordAct(tx, {
    action: 'secret.written',
    object: { kind: 'secret', id },
    detail: { hosts: made.hosts.length },
  });
  return made;
}

/** Replaces value and hosts together: the value never travels to a host that was not named with it. */
export async function putSecret(tx: TenantTx, id: SecretId, wanted: PutSecret): Promise<Secret> {
  demandHosts(wanted.hosts);
  const content = await tx.content();
  const changed = await tx.first(
    sql`update secrets s set hosts = ${[...wanted.hosts]}, value = ${content.seal('secrets.value', id, wanted.value)}, key_id = ${content.keyId}, updated_at = clock_timestamp()
        where ${tx.mine('s')} and s.id = ${id} returning s.id, s.tenant_id, s.name, s.hosts, s.user_id, s.created_at, s.updated_at`,
    readSecret,
  );
  if (changed === undefined) throw fault('not_found');
  await recordAct(tx, {
    action: 'secret.written',
    object: { kind: 'secret', id },
    detail: { hosts: changed.hosts.length },
  });
  return changed;
}

export async function deleteSecret(tx: TenantTx, id: SecretId): Promise<void> {
  const gone = await tx.run(sql`delete from secrets s where ${tx.mine('s')} and s.id = ${id}`);
  if (gone === 0) throw fault('not_found');
  await recordAct(tx, { action: 'secret.deleted', object: { kind: 'secret', id } });
}

export async function listSecrets(
  scope: TenantScope,
  page: { before?: SecretId | undefined; limit: number },
): Promise<Secret[]> {
  return scope.rows(
    sql`select s.id, s.tenant_id, s.name, s.hosts, s.user_id, s.created_at, s.updated_at from secrets s
        where ${scope.mine('s')} and ${sql.all(page.before !== undefined && sql`s.id < ${page.before}`)} order by s.id desc limit ${page.limit}`,
    readSecret,
  );
}

export type OpenedSecret =
  | { readonly found: true; readonly value: string }
  /** `elsewhere`: there is one of the name, for other hosts. A call goes out with the right credential or not at all. */
  | { readonly found: false; readonly why: 'absent' | 'elsewhere' };

/** The value of a name for a call to this place. */
export async function openSecret(
  scope: TenantScope,
  name: string,
  place: { readonly host: string; readonly port: number },
): Promise<OpenedSecret> {
  const found = await scope.first(
    sql`select s.id, s.hosts, s.value, s.key_id as sealed_by from secrets s where ${scope.mine('s')} and s.name = ${name}`,
    (row: Row) => ({ hosts: row.textArray('hosts'), value: row.contentText('secrets.value', row.text('id')) }),
  );
  if (found === undefined) return { found: false, why: 'absent' };
  if (findHostRule(found.hosts.map(parseHostRule), place.host, place.port) === undefined)
    return { found: false, why: 'elsewhere' };
  return { found: true, value: found.value };
}
