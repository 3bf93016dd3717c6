// Owns who may act: tenants, users and their roles, API keys, sessions, tokens of issuers, the operator, one-time links.
// Promises that a credential holds what it was given as far as its user's role goes now, and is refused alike for every reason.
// Must never take a tenant, a user or a scope from a request body, nor let a role give what is above it.

export { linkCustomer, ownerOfCustomer } from './billing-customers.ts';
export {
  createFirstTenant,
  type FirstTenant,
  recordFirstBoot,
  standingFirstTenant,
  useOperatorKey,
} from './first-boot.ts';
export { createTokenIssuers, type IssuerSettings, readIssuers, type TokenIssuers } from './jwt/jwt.ts';
export {
  createKey,
  flagExposed,
  getKey,
  type KeyOwner,
  listKeys,
  noteNetwork,
  pinRelease,
  recordRefusedKey,
  revokeKey,
  rotateKey,
  touchKey,
} from './keys/api-keys.ts';
export { generateKey, type KeyEnv, type ParsedKey, parseKey } from './keys/key-format.ts';
export { createKeyMemory, type KeyMemory } from './keys/key-memory.ts';
export { createPeppers, type Peppers } from './keys/peppers.ts';
export { type KeyVerdict, type Refusal, type RefusedKey, verifyKey } from './keys/verify-key.ts';
export { exposeOperatorKey, verifyOperator } from './operator.ts';
export { type MemberRefusal, type MemberVerdict, verifyMember } from './people/memberships.ts';
export { PERMISSIONS, permissionsOf } from './people/permissions.ts';
export {
  describeSession,
  endSession,
  openSession,
  type SessionOwner,
  type SessionRefusal,
  type SessionVerdict,
  touchSession,
  verifySession,
} from './people/sessions.ts';
export {
  addIdentity,
  createUser,
  getUser,
  listUsers,
  recordLink,
  removeIdentity,
  updateUser,
} from './people/users.ts';
export {
  changeTenant,
  claimSetupToken,
  createSetupToken,
  createSignInLink,
  createTenant,
  firstBootOperator,
  getTenant,
  listTenants,
  type NewTenant,
} from './tenants.ts';
export { denyToken, listTokenDenials, removeTokenDenial } from './token-denials.ts';
