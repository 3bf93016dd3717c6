// Verifies a key: by key id, constant-time digest, then every state that may stop it (AK4, AK9). Nothing of a yes is kept: a revoked key
// stops on every node with the next request.
import type { Database, Row } from '../../db/db.ts';
import { asId, type KeyId, type TenantId, type UserId } from '../../ids.ts';
import { type KeyPrincipal, mintPrincipal } from '../../principal.ts';
import { parseRole, within } from '../people/permissions.ts';
import type { ParsedKey } from './key-format.ts';
import type { KeyMemory } from './key-memory.ts';
import type { Peppers } from './peppers.ts';

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
  readonly role: string;
  readonly contracts: string;
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
/** The key that was refused: known only when its secret was right. */
export interface RefusedKey {
  readonly tenantId: TenantId;
  readonly id: KeyId;
}
export type KeyVerdict =
  | { readonly ok: true; readonly principal: KeyPrincipal }
  | { readonly ok: false; readonly reason: Refusal; readonly key?: RefusedKey };

const readKeyRow = (row: Row): KeyRow => ({
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
  role: row.text('user_role'),
  contracts: row.text('contracts_version'),
});

/** Every refusal looks the same to the caller; the reason is for the log. */
export async function verifyKey(
  db: Database,
  peppers: Peppers,
  parsed: ParsedKey,
  now: number,
  memory?: KeyMemory,
): Promise<KeyVerdict> {
  const certain = memory?.refuse(parsed);
  if (certain !== undefined) return { ok: false, reason: certain };
  const [found] = await db.system('find_key', [parsed.keyId], readKeyRow);
  memory?.learn(parsed.keyId, found);
  const genuine = peppers.matches(parsed.secret, found?.pepperVersion ?? peppers.current, found?.digest);
  if (found === undefined) return { ok: false, reason: 'unknown_key' };
  if (!genuine) return { ok: false, reason: 'bad_secret' };
  const { tenantId, id, userId, env, contracts } = found;
  const reason = stateRefusal(found, parsed, now);
  const role = parseRole(found.role);
  if (reason !== undefined || role === undefined || (env !== 'live' && env !== 'test'))
    return { ok: false, reason: reason ?? 'user_inactive', key: { tenantId, id } };
  const scopes = within(found.scopes, role);
  const named = { tenantId, userId, keyId: id, contracts };
  return { ok: true, principal: mintPrincipal({ kind: 'key', ...named, role, scopes, env }) };
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
