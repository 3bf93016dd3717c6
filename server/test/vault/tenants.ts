// A tenant made for a test, entered by its owner's key.
import { createPeppers, createTenant, firstBootOperator, parseKey, verifyKey } from '../../src/identity/identity.ts';
import type { UserPrincipal } from '../../src/principal.ts';
import type { TestDatabase } from '../database.ts';

const peppers = createPeppers(new Map([[1, new Uint8Array(32).fill(7)]]));

export async function enterNewTenant(database: TestDatabase, name: string): Promise<UserPrincipal> {
  const tenant = await createTenant(database.api, peppers, firstBootOperator(), name);
  const parsed = parseKey(tenant.api_key);
  const verdict = parsed === undefined ? undefined : await verifyKey(database.api, peppers, parsed, Date.now());
  if (verdict?.ok !== true) throw new Error('the key of a test must be good');
  return verdict.principal;
}
