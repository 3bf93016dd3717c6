// What a key is at this moment, and what of it somebody should look at. Pure: the time is given.
import type { ApiKey } from '@sallyport/contracts';
import { SCOPES } from './scopes.ts';

const HOUR = 3_600_000;
const LONG_LIFE = 180 * 24 * HOUR;

export type KeyState = 'active' | 'overlap' | 'expired' | 'revoked' | 'unknown';

type Facts = Pick<ApiKey, 'status' | 'expires_at' | 'last_used_at' | 'exposed' | 'scopes'>;

export function stateOf(key: Facts, now: number): KeyState {
  if (key.status === 'revoked') return 'revoked';
  if (Date.parse(key.expires_at) <= now) return 'expired';
  if (key.status === 'active') return 'active';
  return key.status === 'rotating' ? 'overlap' : 'unknown';
}

export const hasAllScopes = ({ scopes }: Pick<ApiKey, 'scopes'>): boolean =>
  Object.keys(SCOPES).every((scope) => scopes.includes(scope));

/** Each a short sentence; none for a key that is as it should be. */
export function alarmsOf(key: Facts, now: number): readonly string[] {
  if (key.exposed) return ['It was seen in a URL and stopped for that: whatever used it needs another.'];
  const state = stateOf(key, now);
  if (state === 'revoked' || state === 'expired') return [];
  return [
    ...(hasAllScopes(key) ? ['It may do everything.'] : []),
    ...(Date.parse(key.expires_at) - now > LONG_LIFE ? ['It lives for more than half a year.'] : []),
  ];
}

/** What needs a look comes first, then what works, then what has ended; each in the order that it came in. */
export function sortKeys<T extends Facts>(keys: readonly T[], now: number): readonly T[] {
  const rank = (key: T): number => {
    if (alarmsOf(key, now).length > 0) return 0;
    const state = stateOf(key, now);
    return state === 'revoked' || state === 'expired' ? 2 : 1;
  };
  return keys.toSorted((one, other) => rank(one) - rank(other));
}

/** Whether something used it so lately that it likely uses it still. */
export function isInUse(key: Facts, now: number): boolean {
  return key.last_used_at !== null && now - Date.parse(key.last_used_at) < HOUR;
}
