// Locks within a tenant, held until the transaction ends: who counts or compares before writing sees what stands.

import type { TenantTx } from './scope.ts';
import { sql } from './sql.ts';

/** Classes of advisory locks; a number is one lock's alone. */
const CLASSES = {
  /** Who makes a key counts the keys under it. */
  keys: 21_007,
  /** So that two owners cannot disable each other at once. */
  users: 21_008,
  audit: 21_010,
  /** So that their count is exact. */
  secrets: 21_030,
  token_denials: 21_031,
  /** So that what is judged is what stands. */
  entity_types: 21_079,
  skills: 21_080,
} as const;

/** Waits for every other transaction of this tenant that has taken the same lock. */
export async function lockTenant(tx: TenantTx, name: keyof typeof CLASSES): Promise<void> {
  await tx.run(
    sql`select pg_advisory_xact_lock(${CLASSES[name]}::int, hashtext(t.tenant_id::text)) from tenants t where ${tx.mine('t')}`,
  );
}
