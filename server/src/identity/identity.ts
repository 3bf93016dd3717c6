// Owns who may act: tenants, users, API keys, sessions, the operator, the one-time link of the first boot.
// Promises that a key is hashed with a pepper outside the database, shown once, and refused alike for every reason.
// Must never take a tenant, a user or a scope from a request body.

export {
  createKey,
  flagExposed,
  getKey,
  type KeyVerdict,
  listKeys,
  type Refusal,
  revokeKey,
  touchKey,
  verifyKey,
} from './api-keys.ts';
export { linkCustomer, ownerOfCustomer } from './billing-customers.ts';
export {
  createFirstTenant,
  type FirstTenant,
  recordFirstBoot,
  standingFirstTenant,
  useOperatorKey,
} from './first-boot.ts';
export { generateKey, type KeyEnv, type ParsedKey, parseKey } from './key-format.ts';
export { createPeppers, type Peppers } from './peppers.ts';
export {
  describeSession,
  endSession,
  openSession,
  type SessionOwner,
  type SessionRefusal,
  type SessionVerdict,
  touchSession,
  verifySession,
} from './sessions.ts';
export {
  claimSetupToken,
  createSetupToken,
  createTenant,
  firstBootOperator,
  listTenants,
  type NewTenant,
  verifyOperator,
} from './tenants.ts';
