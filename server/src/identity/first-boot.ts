// What the first boot of a database makes: the operator key and the first tenant. Every word here may be said twice (S6, S7).
import type { Database, Row } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, newId, type TenantId, type UserId } from '../ids.ts';
import { generateKey, parseKey } from './keys/key-format.ts';
import type { Peppers } from './keys/peppers.ts';
import { lacksOperatorKey, putOperatorKey, verifyOperator, wasExposed } from './operator.ts';
import { standTenant } from './tenants.ts';

const PLAN = 'first_tenant';
const DONE = 'first_boot';

export interface FirstTenant {
  readonly tenantId: TenantId;
  readonly userId: UserId;
  readonly done: boolean;
}

/**
 * Makes the operator key of a fresh database. `standing` is the text in the folder's file, `keep` writes a new one there
 * before the database knows it. Answers the key, or undefined when the folder's key is not the database's.
 */
export async function useOperatorKey(
  db: Database,
  peppers: Peppers,
  standing: string | undefined,
  keep: (text: string) => void,
): Promise<string | undefined> {
  let text = standing;
  let parsed = parseKey(standing ?? '');
  if (await lacksOperatorKey(db)) {
    // A folder may hold the key that an earlier boot was killed over; one that was exposed is not taken again.
    if (text === undefined || parsed?.env !== 'op' || (await wasExposed(db, parsed.keyId))) {
      text = generateKey('op').text;
      parsed = parseKey(text);
      keep(text);
    }
    if (parsed === undefined) throw fault('internal', { detail: 'the operator key is garbled' });
    await putOperatorKey(db, peppers, parsed);
  }
  const genuine = parsed !== undefined && (await verifyOperator(db, peppers, parsed)) !== undefined;
  return genuine ? text : undefined;
}

/** The ids of the first tenant are fixed before it is made: of many first boots, and of one that was killed, there is one tenant. */
export async function standingFirstTenant(db: Database): Promise<FirstTenant> {
  const fresh = { tenantId: newId<TenantId>(), userId: newId<UserId>() };
  const [value] = await db.system('instance_put', [PLAN, Buffer.from(JSON.stringify(fresh))], (row: Row) =>
    row.bytes('value'),
  );
  if (value === undefined) throw fault('internal', { detail: 'the plan of the first boot was not stored' });
  const plan = JSON.parse(Buffer.from(value).toString('utf8')) as { tenantId: string; userId: string };
  const [done] = await db.system('instance_get', [DONE], () => true);
  return { tenantId: asId(plan.tenantId), userId: asId(plan.userId), done: done === true };
}

/** Makes the tenant and its owner when they are not there, and a fresh key for the owner. */
export async function createFirstTenant(db: Database, peppers: Peppers, plan: FirstTenant): Promise<string> {
  return (await standTenant(db, peppers, plan, 'default')).api_key;
}

/** After the key is in its file. */
export async function recordFirstBoot(db: Database, plan: FirstTenant): Promise<void> {
  await db.system('instance_put', [DONE, Buffer.from(plan.tenantId)], () => null);
}
