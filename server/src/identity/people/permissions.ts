// The one table of who may do what. A route names a permission; the scopes of a key are permissions too, and count as far as the role
// of its user goes at that moment (AK9). A role that is not in a row may not: absence denies.
import { ROLES, type Role, SCOPES, type Scope } from '@sallyport/contracts';

const EVERYBODY: readonly Role[] = ROLES;
const BUILDERS: readonly Role[] = ['owner', 'admin', 'developer'];
const ADMINS: readonly Role[] = ['owner', 'admin'];

export const PERMISSIONS: Readonly<Record<Scope, readonly Role[]>> = {
  'runs:read': EVERYBODY,
  'runs:write': BUILDERS,
  'artifacts:read': EVERYBODY,
  'artifacts:write': BUILDERS,
  'entities:read': EVERYBODY,
  'entities:write': BUILDERS,
  'keys:read': BUILDERS,
  /** Of the own user; those of other users: see `mayActOn`. */
  'keys:write': BUILDERS,
  'users:read': EVERYBODY,
  'users:write': ADMINS,
  'audit:read': ADMINS,
  'usage:read': BUILDERS,
  'budgets:read': BUILDERS,
  'budgets:write': ADMINS,
  'billing:read': ADMINS,
  'egress:read': BUILDERS,
  'egress:write': ADMINS,
  'secrets:read': BUILDERS,
  'secrets:write': ADMINS,
  'retention:read': BUILDERS,
  'retention:write': ADMINS,
  'approvals:read': EVERYBODY,
  'approvals:decide': ['owner', 'admin', 'approver'],
  'approvals:write': ADMINS,
  'tools:read': BUILDERS,
  'tools:write': ADMINS,
  'skills:read': EVERYBODY,
  'skills:write': BUILDERS,
  /** Of a version that asks for no more than the approved one. */
  'skills:approve': ['owner', 'admin', 'approver'],
  /** Of any other. */
  'skills:widen': ADMINS,
};

/** A role that a row of the database names; undefined for one that is not known here, which may do nothing. */
export function parseRole(text: string): Role | undefined {
  return ROLES.find((role) => role === text);
}

/** What a role may do, in the order of the contracts. */
export function permissionsOf(role: Role | undefined): Scope[] {
  return role === undefined ? [] : SCOPES.filter((scope) => PERMISSIONS[scope].includes(role));
}

/** What a credential that was given `scopes` may do while its user has `role`. */
export function within(scopes: readonly string[], role: Role | undefined): Scope[] {
  return permissionsOf(role).filter((scope) => scopes.includes(scope));
}

/** True when `role` is not above `own`. */
export function mayGive(own: Role, role: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(own);
}

/** True when one who has `own` may change, stop or disable what belongs to a user who has `other`. */
export function mayActOn(own: Role, other: Role): boolean {
  return ADMINS.includes(own) && mayGive(own, other);
}

/**
 * True when this credential holds all that `role` may do. Whoever gives a role, a way to sign in or an identity makes a credential with the
 * rights of that role: a key of one scope, or a test key, must not come by more than itself in this way (AK9).
 */
export function mayLend(by: { readonly scopes: readonly string[]; readonly env: string }, role: Role): boolean {
  return by.env === 'live' && permissionsOf(role).every((scope) => by.scopes.includes(scope));
}
