// The table of API keys was stolen, whole. The thief tries secrets against what it holds, one after the other, and enters with what fits.
import { createHmac, randomBytes, randomInt } from 'node:crypto';
import {
  createPeppers,
  createTenant,
  firstBootOperator,
  generateKey,
  verifyKey,
} from '../../server/src/identity/identity.ts';
import { testDatabase } from '../../server/test/database.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

/** What a thief can try in a moment; the space of real secrets is 256 bits. */
const TRIES = 20_000;
const KNOWN_PEPPER = Buffer.alloc(32, 0);
const guess = (at: number): string => String(at).padStart(43, '0');

async function run(setting: Setting): Promise<Outcome> {
  const database = await testDatabase();
  try {
    const peppers = createPeppers(new Map([[1, setting.outer ? randomBytes(32) : KNOWN_PEPPER]]));
    await createTenant(database.api, peppers, firstBootOperator(), 'A');
    // Without the inner door a secret is one that a person might have chosen.
    const secret = setting.inner ? generateKey('live').secret : guess(randomInt(TRIES));
    await database.admin('update app.api_keys set secret_hmac = $1', [peppers.digest(secret)]);
    const { rows } = await database.admin("select key_id, encode(secret_hmac, 'hex') as digest from app.api_keys");
    const keyId = String(rows[0]?.key_id);
    let found: string | undefined;
    for (let at = 0; at < TRIES && found === undefined; at++) {
      const digest = createHmac('sha256', KNOWN_PEPPER).update(guess(at), 'utf8').digest('hex');
      if (digest === rows[0]?.digest) found = guess(at);
    }
    const entered =
      found !== undefined &&
      (await verifyKey(database.api, peppers, { env: 'live', keyId, secret: found }, Date.now())).ok;
    return { succeeded: entered, evidence: `of ${TRIES} secrets ${entered ? 'one fitted and let in' : 'none fitted'}` };
  } finally {
    await database.drop();
  }
}

export const stolenKeys: Attack = {
  id: 'stolen-keys',
  promise: 2,
  threat: 'API keys at rest: the table is stolen',
  outer: 'a digest with a pepper that is not in the database',
  inner: '256 random bits, which no list of guesses holds',
  run,
};
