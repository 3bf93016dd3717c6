// API keys: made once and shown once; verified by key id, constant-time digest, then every state that may stop them (AK1 to AK4, AK9).
import type { ApiKey, CreateApiKey, CreatedApiKey, Scope } from '@sallyport/contracts';
import { SCOPES } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { type Database, type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, type KeyId, newId, type TenantId, type UserId } from '../ids.ts';
import { type KeyPrincipal, mintPrincipal } from '../principal.ts';
import { generateKey, type ParsedKey } from './key-format.ts';
import type { Peppers } from './peppers.ts';

const DEFAULT_LIFE_SECONDS = 90 * 86_400;
/** `last_used_at` is coarse on purpose: one write a key and minute, not one a request. */
const TOUCH_EVERY_SECONDS = 60;

interface KeyRow {
  readonly tenantId: TenantId;
  readonly id: KeyId;
  readonly userId: UserId;
  readonly env: string;
  readonly pepperVersion: number;
  readonly digest: Uint8Array;
  readonly scopes: readonly string[];
  readonly status: string;
  readonly exposed: boolean;
  readonly expiresAt: Date;
  readonly tenantState: string;
  readonly userState: string;
}

export type Refusal =
  | 'unknown_key'
  | 'bad_secret'
  | 'wrong_env'
  | 'revoked'
  | 'exposed'
  | 'expired'
  | 'tenant_inactive'
  | 'user_inactive';
export type KeyVerdict =
  | { readonly ok: true; readonly principal: KeyPrincipal }
  | { readonly ok: false; readonly reason: Refusal; readonly tenantId?: TenantId; readonly keyId: string };

/** Verifies a parsed key. Every refusal looks the same to the caller; the reason is for the log. */
export async function verifyKey(db: Database, peppers: Peppers, parsed: ParsedKey, now: number): Promise<KeyVerdict> {
  const [found] = await db.system(
    'find_key',
    [parsed.keyId],
    (row: Row): KeyRow => ({
      tenantId: asId(row.text('tenant_id')),
      id: asId(row.text('id')),
      userId: asId(row.text('user_id')),
      env: row.text('env'),
      pepperVersion: row.int('pepper_version'),
      digest: row.bytes('secret_hmac'),
      scopes: row.textArray('scopes'),
      status: row.text('status'),
      exposed: row.bool('exposed'),
      expiresAt: row.time('expires_at'),
      tenantState: row.text('tenant_state'),
      userState: row.text('user_state'),
    }),
  );
  const genuine = peppers.matches(parsed.secret, found?.pepperVersion ?? peppers.current, found?.digest);
  const refusal = found === undefined ? 'unknown_key' : genuine ? stateRefusal(found, parsed, now) : 'bad_secret';
  if (found === undefined || refusal !== undefined) {
    const tenant = found !== undefined && genuine ? { tenantId: found.tenantId } : {};
    return { ok: false, reason: refusal ?? 'unknown_key', keyId: parsed.keyId, ...tenant };
  }
  const principal = mintPrincipal({
    kind: 'key',
    tenantId: found.tenantId,
    userId: found.userId,
    keyId: found.id,
    scopes: found.scopes,
  });
  return { ok: true, principal };
}

function stateRefusal(key: KeyRow, parsed: ParsedKey, now: number): Refusal | undefined {
  if (key.env !== parsed.env) return 'wrong_env';
  if (key.status === 'revoked') return 'revoked';
  if (key.exposed) return 'exposed';
  if (key.expiresAt.getTime() <= now) return 'expired';
  if (key.tenantState !== 'active') return 'tenant_inactive';
  if (key.userState !== 'active') return 'user_inactive';
  return undefined;
}

export async function touchKey(scope: TenantScope, id: KeyId): Promise<void> {
  await scope.run(sql`update api_keys k set last_used_at = clock_timestamp() where ${scope.mine('k')} and k.id = ${id}
    and (k.last_used_at is null or k.last_used_at < clock_timestamp() - make_interval(secs => ${TOUCH_EVERY_SECONDS}))`);
}

/** A key that was seen in a URL is stopped: it is in proxies' logs by now. */
export async function flagExposed(tx: TenantTx, id: KeyId): Promise<void> {
  await tx.run(sql`update api_keys k set exposed = true where ${tx.mine('k')} and k.id = ${id}`);
  await recordAct(tx, { action: 'key.exposed', object: { kind: 'key', id } });
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
  };
}

/** Makes a key for `owner`. Its scopes are a part of what its maker holds now (AK9). */
export async function createKey(
  tx: TenantTx,
  peppers: Peppers,
  owner: { readonly userId: UserId; readonly scopes: readonly string[] },
  request: CreateApiKey,
): Promise<CreatedApiKey> {
  const scopes = request.scopes ?? SCOPES.filter((known: Scope) => owner.scopes.includes(known));
  const beyond = scopes.filter((wanted) => !owner.scopes.includes(wanted));
  if (beyond.length > 0) throw fault('forbidden', { detail: `scopes beyond the maker's: ${beyond.join(' ')}` });
  const env = request.env ?? 'live';
  const made = generateKey(env);
  const row = await tx.first(
    sql`insert into api_keys (tenant_id, id, key_id, user_id, env, name, pepper_version, secret_hmac, last4, scopes, expires_at)
        values (${tx.value}, ${newId<KeyId>()}, ${made.keyId}, ${owner.userId}, ${env}, ${request.name}, ${peppers.current}, ${peppers.digest(made.secret)},
          ${made.text.slice(-4)}, ${[...scopes]}, clock_timestamp() + make_interval(secs => ${request.expires_in ?? DEFAULT_LIFE_SECONDS}))
        returning id, tenant_id, key_id, user_id, env, name, last4, scopes, status, created_at, expires_at, last_used_at`,
    readKey,
  );
  if (row === undefined) throw fault('internal', { detail: 'the key was not stored' });
  await recordAct(tx, {
    action: 'key.created',
    object: { kind: 'key', id: row.id },
    detail: { env, scopes: scopes.join(' '), user_id: owner.userId, expires_at: row.expires_at },
  });
  return { ...row, api_key: made.text };
}

export async function listKeys(
  scope: TenantScope,
  page: { before?: KeyId | undefined; limit: number },
): Promise<ApiKey[]> {
  return scope.rows(
    sql`select k.id, k.tenant_id, k.key_id, k.user_id, k.env, k.name, k.last4, k.scopes, k.status, k.created_at, k.expires_at, k.last_used_at
        from api_keys k where ${scope.mine('k')} and ${sql.all(page.before !== undefined && sql`k.id < ${page.before}`)} order by k.id desc limit ${page.limit}`,
    readKey,
  );
}

export async function getKey(scope: TenantScope, id: KeyId): Promise<ApiKey> {
  const key = await scope.first(
    sql`select k.id, k.tenant_id, k.key_id, k.user_id, k.env, k.name, k.last4, k.scopes, k.status, k.created_at, k.expires_at, k.last_used_at
        from api_keys k where ${scope.mine('k')} and k.id = ${id}`,
    readKey,
  );
  if (key === undefined) throw fault('not_found');
  return key;
}

export async function revokeKey(tx: TenantTx, id: KeyId): Promise<void> {
  const rows = await tx.run(sql`update api_keys k set status = 'revoked' where ${tx.mine('k')} and k.id = ${id}`);
  if (rows === 0) throw fault('not_found');
  await recordAct(tx, { action: 'key.revoked', object: { kind: 'key', id } });
}
