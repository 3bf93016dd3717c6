// The pepper that makes a stolen key table useless: versioned, outside the database, rotatable without re-issuing keys (AK2).
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { fault } from '../../errors.ts';

export interface Peppers {
  readonly current: number;
  /** HMAC-SHA-256(pepper of that version, secret), 32 bytes. */
  digest(secret: string, version?: number): Uint8Array;
  /** Constant-time; a missing stored digest is compared with a random one, so that an unknown key takes the same path. */
  matches(secret: string, version: number, stored: Uint8Array | undefined): boolean;
}

export function createPeppers(versions: ReadonlyMap<number, Uint8Array>): Peppers {
  const current = Math.max(...versions.keys());
  const key = (version: number): Uint8Array => {
    const pepper = versions.get(version);
    if (pepper === undefined || pepper.length < 32) {
      throw fault('configuration', { detail: `pepper version ${version} is missing or short` });
    }
    return pepper;
  };
  key(current);
  const digest = (secret: string, version = current): Uint8Array =>
    createHmac('sha256', key(version)).update(secret, 'utf8').digest();
  return {
    current,
    digest,
    matches: (secret, version, stored) => {
      const actual = digest(secret, versions.has(version) ? version : current);
      const expected = stored?.length === actual.length ? stored : randomBytes(actual.length);
      return timingSafeEqual(actual, expected) && stored !== undefined;
    },
  };
}
