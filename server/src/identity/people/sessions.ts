// Sessions of people in a browser: a random token in one cookie, its digest here. Asked anew on each request, like a key.
import { createHash, randomBytes } from 'node:crypto';
import type { Role, Session } from '@sallyport/contracts';
import { recordAct } from '../../audit/audit.ts';
import { type Database, type Row, sql, type TenantScope, type TenantTx } from '../../db/db.ts';
import { fault } from '../../errors.ts';
import { asId, type KeyId, newId, type SessionId, type TenantId, type UserId } from '../../ids.ts';
import { type KeyEnvironment, type KeyPrincipal, mintPrincipal, type SessionPrincipal } from '../../principal.ts';
import { parseRole, permissionsOf, within } from './permissions.ts';

const IDLE_SECONDS = 12 * 3_600;
const MOST_SECONDS = 7 * 86_400;
/** `last_used_at` and the sliding end are coarse on purpose: one write a session and minute. */
const MOST_SESSIONS = 20;
const TOUCH_EVERY_SECONDS = 60;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

export type SessionRefusal =
  | 'garbled_session'
  | 'unknown_session'
  | 'session_ended'
  | 'session_expired'
  | 'session_key_stopped'
  | 'tenant_inactive'
  | 'user_inactive';
export type SessionVerdict =
  | { readonly ok: true; readonly principal: SessionPrincipal }
  | { readonly ok: false; readonly reason: SessionRefusal };

/** Whom a session is for: the owner of a one-time link, or of the key that was sent. */
export type SessionOwner =
  | KeyPrincipal
  | { readonly kind: 'link'; readonly tenantId: TenantId; readonly userId: UserId };

function tokenDigest(token: string): Uint8Array {
  return createHash('sha256').update(`sallyport.session.v1\0${token}`, 'utf8').digest();
}

/** A new session of 12 hours, always under a new token of 256 bits: none that came from outside is ever taken over. */
export async function openSession(db: Database, owner: SessionOwner): Promise<{ readonly token: string }> {
  const token = randomBytes(32).toString('base64url');
  const { tenantId, userId } = owner;
  const keyId = owner.kind === 'key' ? owner.keyId : null;
  const by = owner.kind === 'key' ? owner : mintPrincipal({ kind: 'setup', tenantId });
  const id = newId<SessionId>();
  await db.atomic(by, async (tx) => {
    await tx.run(sql`insert into sessions (tenant_id, id, digest, user_id, api_key_id, expires_at)
      values (${tx.value}, ${id}, ${tokenDigest(token)}, ${userId}, ${keyId},
        clock_timestamp() + make_interval(secs => ${IDLE_SECONDS}))`);
    await recordAct(tx, {
      action: 'session.opened',
      object: { kind: 'session', id },
      detail: { user_id: userId, by: owner.kind },
    });
    await endOldest(tx, userId);
  });
  return { token };
}

/** A user has so many browsers at most: the oldest sessions end when more are opened. */
async function endOldest(tx: TenantTx, userId: UserId): Promise<void> {
  const ended = await tx.rows(
    sql`update sessions s set ended_at = clock_timestamp() where ${tx.mine('s')} and s.id = any(array(
      select x.id from sessions x where ${tx.mine('x')} and x.user_id = ${userId} and x.ended_at is null and x.expires_at > clock_timestamp()
      order by x.created_at desc, x.id desc offset ${MOST_SESSIONS})) returning s.id`,
    (row: Row) => row.text('id'),
  );
  for (const id of ended)
    await recordAct(tx, { action: 'session.ended', object: { kind: 'session', id }, reason: 'too_many' });
}

interface SessionRow {
  readonly tenantId: TenantId;
  readonly id: SessionId;
  readonly userId: UserId;
  readonly keyId: KeyId | undefined;
  readonly role: Role | undefined;
  readonly scopes: readonly string[];
  readonly env: KeyEnvironment;
  readonly refusal: SessionRefusal | undefined;
}

function readRow(row: Row): SessionRow {
  const keyId = row.textOrNull('api_key_id');
  const role = parseRole(row.text('user_role'));
  return {
    tenantId: asId(row.text('tenant_id')),
    id: asId(row.text('id')),
    userId: asId(row.text('user_id')),
    keyId: keyId === null ? undefined : asId(keyId),
    role,
    scopes: keyId === null ? permissionsOf(role) : within(row.textArray('key_scopes'), role),
    env: row.textOrNull('key_env') === 'test' ? 'test' : 'live',
    refusal: stateRefusal(row),
  };
}

function stateRefusal(row: Row): SessionRefusal | undefined {
  if (row.bool('ended')) return 'session_ended';
  if (row.bool('expired')) return 'session_expired';
  if (!row.bool('key_holds')) return 'session_key_stopped';
  if (row.text('tenant_state') !== 'active') return 'tenant_inactive';
  if (row.text('user_state') !== 'active') return 'user_inactive';
  return undefined;
}

/** Verifies the token of a cookie. Every refusal looks the same to the caller; the reason is for the log. */
export async function verifySession(db: Database, token: string): Promise<SessionVerdict> {
  if (!TOKEN.test(token)) return { ok: false, reason: 'garbled_session' };
  const [found] = await db.system('find_session', [tokenDigest(token)], readRow);
  if (found === undefined) return { ok: false, reason: 'unknown_session' };
  if (found.refusal !== undefined) return { ok: false, reason: found.refusal };
  const { tenantId, userId, id: sessionId, keyId, role, scopes, env } = found;
  if (role === undefined) return { ok: false, reason: 'user_inactive' };
  const principal = mintPrincipal({ kind: 'session', tenantId, userId, sessionId, keyId, role, scopes, env });
  return { ok: true, principal };
}

/** Moves the end of a session that is in use: 12 hours from now, at most 7 days from its beginning. */
export async function touchSession(scope: TenantScope, id: SessionId): Promise<void> {
  await scope.run(sql`update sessions s set last_used_at = clock_timestamp(),
      expires_at = least(s.created_at + make_interval(secs => ${MOST_SECONDS}), clock_timestamp() + make_interval(secs => ${IDLE_SECONDS}))
    where ${scope.mine('s')} and s.id = ${id} and s.ended_at is null and s.expires_at > clock_timestamp()
      and s.last_used_at < clock_timestamp() - make_interval(secs => ${TOUCH_EVERY_SECONDS})`);
}

export async function endSession(tx: TenantTx, id: SessionId): Promise<void> {
  const ended = await tx.run(
    sql`update sessions s set ended_at = clock_timestamp() where ${tx.mine('s')} and s.id = ${id} and s.ended_at is null`,
  );
  if (ended > 0) await recordAct(tx, { action: 'session.ended', object: { kind: 'session', id } });
}

/** The session with the names that a person knows it by. */
export async function describeSession(scope: TenantScope, principal: SessionPrincipal): Promise<Session> {
  const session = await scope.first(
    sql`select s.tenant_id, t.name as tenant_name, s.user_id, u.name as user_name, u.role, s.api_key_id, s.created_at, s.expires_at
        from sessions s join tenants t on t.tenant_id = s.tenant_id join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
        where ${scope.mine('s')} and ${scope.mine('t')} and ${scope.mine('u')} and s.id = ${principal.sessionId}`,
    (row: Row): Session => ({
      tenant_id: row.text('tenant_id'),
      tenant_name: row.text('tenant_name'),
      user_id: row.text('user_id'),
      user_name: row.text('user_name'),
      role: row.text('role'),
      api_key_id: row.textOrNull('api_key_id'),
      scopes: principal.scopes,
      created_at: row.time('created_at').toISOString(),
      expires_at: row.time('expires_at').toISOString(),
    }),
  );
  if (session === undefined) throw fault('not_found');
  return session;
}
