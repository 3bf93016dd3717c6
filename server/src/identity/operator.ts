// The operator's key. One that was seen in a URL is stopped for good; the next start of the server makes its successor (AK3).
import type { Database, Row } from '../db/db.ts';
import { fault } from '../errors.ts';
import { mintPrincipal, type OperatorPrincipal } from '../principal.ts';
import type { ParsedKey } from './keys/key-format.ts';
import type { Peppers } from './keys/peppers.ts';

interface OperatorKey {
  readonly keyId: string;
  readonly pepper: number;
  readonly digest: string;
}

/** A row of the instance is written once: each key stands under a name of its own, made of the exposed one before it. */
const FIRST = 'operator_key';
const MOST_KEYS = 100;
const exposedName = (keyId: string): string => `operator_exposed:${keyId}`;

interface Present {
  /** Where the present key stands, or where it is to be put. */
  readonly name: string;
  readonly key: OperatorKey | undefined;
}

async function presentKey(db: Database): Promise<Present> {
  let name = FIRST;
  for (let count = 0; count < MOST_KEYS; count++) {
    const [value] = await db.system('instance_get', [name], (row: Row) => row.bytes('value'));
    if (value === undefined) return { name, key: undefined };
    const key = JSON.parse(Buffer.from(value).toString('utf8')) as OperatorKey;
    if (!(await wasExposed(db, key.keyId))) return { name, key };
    name = `${FIRST}:${key.keyId}`;
  }
  throw fault('internal', { detail: 'too many exposed operator keys' });
}

export async function wasExposed(db: Database, keyId: string): Promise<boolean> {
  const [exposed] = await db.system('instance_get', [exposedName(keyId)], () => true);
  return exposed === true;
}

/** Whether the database waits for an operator key: at the first boot, and after the present one was exposed. */
export async function lacksOperatorKey(db: Database): Promise<boolean> {
  return (await presentKey(db)).key === undefined;
}

/** Of many nodes that put one at once, the first wins. */
export async function putOperatorKey(db: Database, peppers: Peppers, parsed: ParsedKey): Promise<void> {
  const { name } = await presentKey(db);
  const digest = Buffer.from(peppers.digest(parsed.secret)).toString('hex');
  const value = Buffer.from(JSON.stringify({ keyId: parsed.keyId, pepper: peppers.current, digest }));
  await db.system('instance_put', [name, value], () => null);
}

/** The operator, when the key is the present one of this database. */
export async function verifyOperator(
  db: Database,
  peppers: Peppers,
  parsed: ParsedKey,
): Promise<OperatorPrincipal | undefined> {
  const { key } = await presentKey(db);
  const genuine = peppers.matches(
    parsed.secret,
    key?.pepper ?? peppers.current,
    key === undefined ? undefined : Buffer.from(key.digest, 'hex'),
  );
  return genuine && key?.keyId === parsed.keyId ? mintPrincipal({ kind: 'operator' }) : undefined;
}

/** Stops the present key for ever. */
export async function exposeOperatorKey(db: Database, keyId: string): Promise<void> {
  await db.system('instance_put', [exposedName(keyId), Buffer.from(new Date().toISOString())], () => null);
}
