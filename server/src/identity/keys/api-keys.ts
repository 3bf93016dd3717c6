// API keys: made once and shown once, for the calling user alone, within the tenant's rules and the maker's rights (AK2, AK3, AK8 to AK11).
import { type ApiKey, type CreateApiKey, type CreatedApiKey, CURRENT_RELEASE } from '@sallyport/contracts';
import { recordAct } from '../../audit/audit.ts';
import { type Database, lockTenant, type Row, sql, type TenantScope, type TenantTx } from '../../db/db.ts';
import { fault } from '../../errors.ts';
import { demandRelease } from '../../events/events.ts';
import { asId, type KeyId, newId, type UserId } from '../../ids.ts';
import { type KeyEnvironment, mintPrincipal, type TenantPrincipal, type UserPrincipal } from '../../principal.ts';
import { mayActOn, parseRole } from '../people/permissions.ts';
import { generateKey } from './key-format.ts';
import type { Peppers } from './peppers.ts';
import type { Refusal, RefusedKey } from './verify-key.ts';

const DEFAULT_LIFE_SECONDS = 90 * 86_400;
/** `last_used_at` is coarse on purpose: one write a key and minute, not one a request. */
const TOUCH_EVERY_SECONDS = 60;

/** For whom a key is made: never a word of the body. */
export interface KeyOwner {
  readonly userId: UserId;
  readonly scopes: readonly string[];
  readonly env: KeyEnvironment;
}

export async function touchKey(scope: TenantScope, id: KeyId): Promise<void> {
  await scope.run(sql`update api_keys k set last_used_at = clock_timestamp() where ${scope.mine('k')} and k.id = ${id}
    and (k.last_used_at is null or k.last_used_at < clock_timestamp() - make_interval(secs => ${TOUCH_EVERY_SECONDS}))`);
}

const MOST_NETWORKS = 32;

/**
 * Keeps that a key was used from a network, as a digest; the first use from one is on record (AK11). The record names key and count,
 * never the address.
 */
export async function noteNetwork(db: Database, who: UserPrincipal, id: KeyId, network: string): Promise<void> {
  const scope = db.tenant(who);
  const content = await scope.content();
  const digest = Buffer.from(content.digest('network', `${id}\0${network}`));
  const known = await scope.first(
    sql`select ${digest}::bytea = any(k.networks) as known from api_keys k where ${scope.mine('k')} and k.id = ${id}`,
    (row: Row) => row.bool('known'),
  );
  if (known !== false) return;
  await db.atomic(who, async (tx) => {
    const count = await tx.first(
      sql`update api_keys k set networks = (array_prepend(${digest}::bytea, k.networks))[1:${MOST_NETWORKS}::int]
          where ${tx.mine('k')} and k.id = ${id} and not ${digest}::bytea = any(k.networks) returning cardinality(k.networks) as n`,
      (row: Row) => row.int('n'),
    );
    if (count === undefined) return;
    await recordAct(tx, { action: 'key.new_network', object: { kind: 'key', id }, detail: { known: count } });
  });
}

/** A key that was seen in a URL is stopped: it is in proxies' logs by now. */
export async function flagExposed(tx: TenantTx, id: KeyId): Promise<void> {
  await tx.run(sql`update api_keys k set exposed = true where ${tx.mine('k')} and k.id = ${id}`);
  await recordAct(tx, { action: 'key.exposed', object: { kind: 'key', id } });
}

/** A stopped key with the right secret is still in somebody's use: its tenant is told by its audit log. */
export async function recordRefusedKey(db: Database, key: RefusedKey, reason: Refusal): Promise<void> {
  const keeper = mintPrincipal({ kind: 'keeper', tenantId: key.tenantId });
  const act = { action: 'key.refused', object: { kind: 'key', id: key.id }, outcome: 'denied', reason } as const;
  await db.atomic(keeper, (tx) => recordAct(tx, act));
}

function readKey(row: Row): ApiKey {
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    key_id: row.text('key_id'),
    user_id: row.text('user_id'),
    env: row.text('env') as ApiKey['env'],
    name: row.text('name'),
    last4: row.text('last4'),
    scopes: row.textArray('scopes'),
    status: row.text('status') as ApiKey['status'],
    created_at: row.time('created_at').toISOString(),
    expires_at: row.time('expires_at').toISOString(),
    last_used_at: row.timeOrNull('last_used_at')?.toISOString() ?? null,
    exposed: row.bool('exposed'),
    replaced_by: row.textOrNull('replaced_by'),
    contracts_version: row.text('contracts_version'),
  };
}

/** The tenant's rules, read under a lock that makes those who make keys wait for each other: the count below is then exact. */
async function demandRoom(tx: TenantTx): Promise<{ readonly maxAge: number }> {
  await lockTenant(tx, 'keys');
  const rules = await tx.first(
    sql`select t.key_max_age_seconds, t.key_limit, (select count(k.id)::int from api_keys k
          where ${tx.mine('k')} and k.status <> 'revoked' and not k.exposed and k.expires_at > clock_timestamp()) as working
        from tenants t where ${tx.mine('t')}`,
    (row: Row) => ({
      maxAge: row.int('key_max_age_seconds'),
      limit: row.int('key_limit'),
      working: row.int('working'),
    }),
  );
  if (rules === undefined) throw fault('not_found');
  if (rules.working >= rules.limit)
    throw fault('conflict', { fields: [{ path: '', message: `the tenant has ${rules.limit} working keys already` }] });
  return rules;
}

interface NewKey extends KeyOwner {
  readonly name: string;
  readonly life: number;
  readonly contracts: string;
}

async function insertKey(tx: TenantTx, peppers: Peppers, key: NewKey): Promise<CreatedApiKey> {
  const made = generateKey(key.env);
  const row = await tx.first(
    sql`insert into api_keys (tenant_id, id, key_id, user_id, env, name, pepper_version, secret_hmac, last4, scopes, contracts_version, expires_at)
        values (${tx.value}, ${newId<KeyId>()}, ${made.keyId}, ${key.userId}, ${key.env}, ${key.name}, ${peppers.current}, ${peppers.digest(made.secret)},
          ${made.text.slice(-4)}, ${[...key.scopes]}, ${key.contracts}, clock_timestamp() + make_interval(secs => ${key.life}))
        returning id, tenant_id, key_id, user_id, env, name, last4, scopes, status, created_at, expires_at, last_used_at, exposed, replaced_by, contracts_version`,
    readKey,
  );
  if (row === undefined) throw fault('internal', { detail: 'the key was not stored' });
  return { ...row, api_key: made.text };
}

/** Makes a key for `owner`. Its scopes are a part of what its maker holds now, and a test key makes no live key (AK9). */
export async function createKey(
  tx: TenantTx,
  peppers: Peppers,
  owner: KeyOwner,
  request: CreateApiKey,
): Promise<CreatedApiKey> {
  const { userId } = owner;
  const scopes = request.scopes ?? owner.scopes;
  const beyond = scopes.filter((wanted) => !owner.scopes.includes(wanted));
  if (beyond.length > 0) throw fault('forbidden', { detail: `scopes beyond the maker's: ${beyond.join(' ')}` });
  const env = request.env ?? owner.env;
  if (owner.env === 'test' && env !== 'test') throw fault('forbidden', { detail: 'a test key makes no live key' });
  const { maxAge } = await demandRoom(tx);
  if (request.expires_in !== undefined && request.expires_in > maxAge)
    throw fault('invalid_request', { fields: [{ path: '/expires_in', message: `must be at most ${maxAge} here` }] });
  const life = request.expires_in ?? Math.min(DEFAULT_LIFE_SECONDS, maxAge);
  const { date: contracts } = demandRelease(request.contracts_version ?? CURRENT_RELEASE, '/contracts_version');
  const key = await insertKey(tx, peppers, { userId, scopes, env, name: request.name, life, contracts });
  await recordAct(tx, {
    action: 'key.created',
    object: { kind: 'key', id: key.id },
    detail: { env, scopes: scopes.join(' '), user_id: userId, expires_at: key.expires_at },
  });
  return key;
}

interface StandingKey {
  readonly userId: UserId;
  readonly role: string;
  readonly env: KeyEnvironment;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly stopped: boolean;
  readonly replaced: boolean;
  readonly life: number;
  readonly contracts: string;
}

/** The key with its row locked. */
async function lockKey(tx: TenantTx, id: KeyId): Promise<StandingKey> {
  const key = await tx.first(
    sql`select k.user_id, u.role, k.env, k.name, k.scopes, k.status = 'revoked' or k.exposed or k.expires_at <= clock_timestamp() as stopped,
          k.replaced_by is not null as replaced, k.contracts_version, extract(epoch from k.expires_at - k.created_at)::int as life
        from api_keys k join users u on u.tenant_id = k.tenant_id and u.id = k.user_id
        where ${tx.mine('k')} and ${tx.mine('u')} and k.id = ${id} for update of k`,
    (row: Row): StandingKey => ({
      userId: asId(row.text('user_id')),
      role: row.text('role'),
      env: row.text('env') === 'test' ? 'test' : 'live',
      name: row.text('name'),
      scopes: row.textArray('scopes'),
      stopped: row.bool('stopped'),
      replaced: row.bool('replaced'),
      life: row.int('life'),
      contracts: row.text('contracts_version'),
    }),
  );
  if (key === undefined) throw fault('not_found');
  return key;
}

/**
 * A new key with the scopes, environment and length of life of the old one, which ends after `overlap` seconds. Only one's own keys,
 * since the answer is a secret with the rights of its owner. A key is rotated once: during the overlap it is the successor that may be
 * rotated again, and each of the older ones still ends at its own time.
 */
export async function rotateKey(
  tx: TenantTx,
  peppers: Peppers,
  by: UserPrincipal,
  id: KeyId,
  overlap: number,
): Promise<CreatedApiKey> {
  const { maxAge } = await demandRoom(tx);
  const old = await lockKey(tx, id);
  if (old.userId !== by.userId) throw fault('forbidden', { detail: 'the key of another user' });
  if (by.env === 'test' && old.env !== 'test') throw fault('forbidden', { detail: 'a test key makes no live key' });
  const beyond = old.scopes.filter((scope) => !by.scopes.includes(scope));
  if (beyond.length > 0) throw fault('forbidden', { detail: `scopes beyond the maker's: ${beyond.join(' ')}` });
  if (old.stopped || old.replaced)
    throw fault('conflict', { fields: [{ path: '', message: old.stopped ? 'the key has ended' : 'it was rotated' }] });
  const { userId, scopes, env, name, contracts } = old;
  const life = Math.min(old.life, maxAge);
  const key = await insertKey(tx, peppers, { userId, scopes, env, name, life, contracts });
  await tx.run(sql`update api_keys k set status = ${overlap === 0 ? 'revoked' : 'rotating'}, replaced_by = ${asId<KeyId>(key.id)},
      expires_at = least(k.expires_at, clock_timestamp() + make_interval(secs => ${overlap}))
    where ${tx.mine('k')} and k.id = ${id}`);
  await recordAct(tx, {
    action: 'key.rotated',
    object: { kind: 'key', id },
    detail: { replaced_by: key.id, overlap_seconds: overlap },
  });
  return key;
}

export async function listKeys(
  scope: TenantScope,
  page: { before?: KeyId | undefined; limit: number; idleDays?: number | undefined },
): Promise<ApiKey[]> {
  return scope.rows(
    sql`select k.id, k.tenant_id, k.key_id, k.user_id, k.env, k.name, k.last4, k.scopes, k.status, k.created_at, k.expires_at, k.last_used_at, k.exposed, k.replaced_by, k.contracts_version
        from api_keys k where ${scope.mine('k')} and ${sql.all(
          page.before !== undefined && sql`k.id < ${page.before}`,
          page.idleDays !== undefined &&
            sql`k.status <> 'revoked' and not k.exposed and k.expires_at > clock_timestamp()
              and coalesce(k.last_used_at, k.created_at) < clock_timestamp() - make_interval(days => ${page.idleDays})`,
        )} order by k.id desc limit ${page.limit}`,
    readKey,
  );
}

export async function getKey(scope: TenantScope, id: KeyId): Promise<ApiKey> {
  const key = await scope.first(
    sql`select k.id, k.tenant_id, k.key_id, k.user_id, k.env, k.name, k.last4, k.scopes, k.status, k.created_at, k.expires_at, k.last_used_at, k.exposed, k.replaced_by, k.contracts_version
        from api_keys k where ${scope.mine('k')} and k.id = ${id}`,
    readKey,
  );
  if (key === undefined) throw fault('not_found');
  return key;
}

function mayChange(by: TenantPrincipal, key: StandingKey): boolean {
  // On behalf of the operator, who made the tenant.
  if (by.kind === 'setup') return true;
  if (by.kind !== 'key' && by.kind !== 'session' && by.kind !== 'token') return false;
  const role = parseRole(key.role);
  return key.userId === by.userId || (role !== undefined && mayActOn(by.role, role));
}

/** One's own key, or one of a user at or below one's own role by an admin. */
export async function revokeKey(tx: TenantTx, id: KeyId): Promise<void> {
  const key = await lockKey(tx, id);
  if (!mayChange(tx.principal, key)) throw fault('forbidden', { detail: 'the key of another user' });
  await tx.run(sql`update api_keys k set status = 'revoked' where ${tx.mine('k')} and k.id = ${id}`);
  await recordAct(tx, { action: 'key.revoked', object: { kind: 'key', id } });
}

/** From the next call on the program of the key is told events as this release knows them. */
export async function pinRelease(tx: TenantTx, id: KeyId, date: string): Promise<void> {
  const key = await lockKey(tx, id);
  const release = demandRelease(date, '/contracts_version');
  if (!mayChange(tx.principal, key)) throw fault('forbidden', { detail: 'the key of another user' });
  await tx.run(sql`update api_keys k set contracts_version = ${release.date} where ${tx.mine('k')} and k.id = ${id}`);
  const detail = { contracts_version: release.date, before: key.contracts };
  await recordAct(tx, { action: 'key.changed', object: { kind: 'key', id }, detail });
}
