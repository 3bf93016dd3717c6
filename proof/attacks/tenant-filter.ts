// A query forgets its tenant: another tenant asks for a run by its id, and for all runs.
import {
  createPeppers,
  createTenant,
  firstBootOperator,
  parseKey,
  verifyKey,
} from '../../server/src/identity/identity.ts';
import type { UserPrincipal } from '../../server/src/principal.ts';
import { createRun, findRun, listRuns } from '../../server/src/runs/runs.ts';
import { type TestDatabase, testDatabase } from '../../server/test/database.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

const peppers = createPeppers(new Map([[1, new Uint8Array(32).fill(9)]]));

async function enter(database: TestDatabase, name: string): Promise<UserPrincipal> {
  const tenant = await createTenant(database.api, peppers, firstBootOperator(), name);
  const parsed = parseKey(tenant.api_key);
  const verdict = parsed === undefined ? undefined : await verifyKey(database.api, peppers, parsed, Date.now());
  if (verdict?.ok !== true) throw new TypeError('the key of the proof was refused');
  return verdict.principal;
}

async function removeRowSecurity(database: TestDatabase): Promise<void> {
  const { rows } = await database.admin(
    "select format('%I.%I', schemaname, tablename) as t from pg_tables where schemaname = 'app'",
  );
  for (const row of rows) await database.admin(`alter table ${String(row.t)} disable row level security`);
}

async function run(setting: Setting): Promise<Outcome> {
  const database = await testDatabase({ doors: { predicate: setting.outer } });
  try {
    const owner = await enter(database, 'A');
    const attacker = await enter(database, 'B');
    const id = await database.api.atomic(owner, (tx) =>
      createRun(tx, owner, {
        skill: { name: 'web-digest', version: '1.0.0', digest: 'ab'.repeat(32) },
        model: 'rehearsal',
        task: 'A secret of A.',
        input: {},
        grant: { tools: [], hosts: [], urls: [], artifacts: [], entityTypes: [] },
        budget: { tokens: 1, cost: '1', seconds: 1, calls: 1 },
      }),
    );
    if (!setting.inner) await removeRowSecurity(database);
    const scope = database.api.tenant(attacker);
    const found = await findRun(scope, id);
    const listed = (await listRuns(scope, { limit: 100 })).some((one) => one.id === id);
    return {
      succeeded: found !== undefined || listed,
      evidence: `by id: ${found === undefined ? 'missing' : 'read'}; in the list: ${listed ? 'shown' : 'absent'}`,
    };
  } finally {
    await database.drop();
  }
}

export const tenantFilter: Attack = {
  id: 'tenant-filter',
  promise: 1,
  threat: 'Cross-tenant leak via a missing filter',
  outer: 'the predicate in the statement',
  inner: 'forced row-level security',
  run,
};
