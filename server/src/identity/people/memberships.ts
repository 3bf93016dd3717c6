// From a verified token to a user of one tenant: by a row that maps (issuer, subject), never by a claim (JW6).
import type { Database, Row } from '../../db/db.ts';
import { asId, isUuid, type TenantId, type UserId } from '../../ids.ts';
import { mintPrincipal, type TokenPrincipal } from '../../principal.ts';
import type { TokenIssuers, TokenRefusal } from '../jwt/jwt.ts';
import { parseRole, permissionsOf, within } from './permissions.ts';

export type MemberRefusal =
  | TokenRefusal
  | 'no_membership'
  | 'other_tenant'
  | 'tenant_inactive'
  | 'user_inactive'
  | 'token_denied';
export type MemberVerdict =
  | { readonly ok: true; readonly principal: TokenPrincipal }
  | { readonly ok: false; readonly reason: MemberRefusal; readonly kid?: string }
  /** The token is good for several tenants, and the caller did not say which is meant. */
  | { readonly ok: false; readonly reason: 'tenant_required' };

interface Membership {
  readonly tenantId: TenantId;
  readonly userId: UserId;
  readonly role: string;
  readonly tenantState: string;
  readonly userState: string;
  readonly denied: boolean;
}

const readMembership = (row: Row): Membership => ({
  tenantId: asId(row.text('tenant_id')),
  userId: asId(row.text('user_id')),
  role: row.text('user_role'),
  tenantState: row.text('tenant_state'),
  userState: row.text('user_state'),
  denied: row.bool('denied'),
});

/** `wanted` is the tenant that the caller names; it must be one of the memberships. */
export async function verifyMember(
  db: Database,
  issuers: TokenIssuers,
  token: string,
  wanted: string | undefined,
  now: number,
): Promise<MemberVerdict> {
  const verdict = await issuers.verify(token, now);
  if (!verdict.ok) return verdict;
  const { issuer, subject, tokenId, session, issuedAt } = verdict;
  const asked = [issuer, subject, tokenId ?? null, session ?? null, issuedAt];
  const all = await db.system('find_memberships', asked, readMembership);
  const fitting = wanted === undefined ? all : all.filter((one) => isUuid(wanted) && one.tenantId === wanted);
  const [found, second] = fitting;
  if (found === undefined) return { ok: false, reason: all.length === 0 ? 'no_membership' : 'other_tenant' };
  if (second !== undefined) return { ok: false, reason: 'tenant_required' };
  if (found.denied) return { ok: false, reason: 'token_denied' };
  if (found.tenantState !== 'active') return { ok: false, reason: 'tenant_inactive' };
  const role = parseRole(found.role);
  if (found.userState !== 'active' || role === undefined) return { ok: false, reason: 'user_inactive' };
  const { tenantId, userId } = found;
  const scopes = verdict.scopes === undefined ? permissionsOf(role) : within(verdict.scopes, role);
  const principal = mintPrincipal({ kind: 'token', tenantId, userId, keyId: undefined, role, scopes, env: 'live' });
  return { ok: true, principal };
}
