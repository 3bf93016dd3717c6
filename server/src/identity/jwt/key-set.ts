// The public keys of one issuer: fetched through one flight at a time, kept for a bounded time, and asked for again at most once in half
// a minute, whatever names the tokens of an attacker hold (JW4). Each issuer has a set of its own, so equal key ids never cross (JW5).
import { fault } from '../../errors.ts';
import { ALGORITHMS, type Algorithm } from './issuers.ts';

/** A removed key stops within this. */
const FRESH_MS = 10 * 60_000;
/** While the endpoint is down, keys of its last answer go on for so long. */
const STALE_MS = 60 * 60_000;
const REST_MS = 30_000;
const MOST_KEYS = 100;
const LEAST_RSA_BYTES = 256;
/** Members of private keys (RFC 7518, 6.2.2 and 6.3.2) and of shared secrets (6.4.1). */
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
/** A key id is the key of a map and nothing else: never a path, a URL or a part of a statement (JW2). */
export const KEY_ID = /^[A-Za-z0-9._~+/=:-]{1,128}$/;

export interface PublicKey {
  readonly kid: string;
  /** The algorithms that this key may verify. */
  readonly algorithms: readonly Algorithm[];
  /** Only the members that make the key: no word of the set beside them is taken over. */
  readonly jwk: Readonly<Record<string, string>>;
}

export interface KeySet {
  /** The key of that id, or why there is none. */
  find(kid: string): Promise<PublicKey | 'unknown_kid' | 'keys_unavailable'>;
}

/** `load` reads the set anew; what it throws is told to `onFault` and changes nothing. */
export function createKeySet(
  load: () => Promise<unknown>,
  monotonic: () => number,
  onFault: (error: unknown) => void,
): KeySet {
  let keys: ReadonlyMap<string, PublicKey> = new Map();
  let loadedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let flight: Promise<void> | undefined;
  const refresh = (): Promise<void> => {
    if (flight !== undefined) return flight;
    if (monotonic() - triedAt < REST_MS) return Promise.resolve();
    triedAt = monotonic();
    flight = (async () => {
      try {
        keys = readKeySet(await load());
        loadedAt = monotonic();
      } catch (error) {
        onFault(error);
      } finally {
        flight = undefined;
      }
    })();
    return flight;
  };
  return {
    find: async (kid) => {
      if (monotonic() - loadedAt >= FRESH_MS) await refresh();
      if (!keys.has(kid)) await refresh();
      if (monotonic() - loadedAt >= STALE_MS) return 'keys_unavailable';
      return keys.get(kid) ?? 'unknown_kid';
    },
  };
}

/** The keys of a set (RFC 7517, 5) that can verify anything of ours; others are passed over. Throws for what is no set. */
export function readKeySet(value: unknown): ReadonlyMap<string, PublicKey> {
  const list = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : undefined;
  if (!Array.isArray(list) || list.length > MOST_KEYS)
    throw fault('invalid_input', { detail: `no key set of at most ${MOST_KEYS} keys` });
  const keys = new Map<string, PublicKey>();
  const twice = new Set<string>();
  for (const entry of list as unknown[]) {
    const key = readKey(entry);
    if (key === undefined) continue;
    if (keys.has(key.kid)) twice.add(key.kid);
    keys.set(key.kid, key);
  }
  // Which of two is meant cannot be known.
  for (const kid of twice) keys.delete(kid);
  return keys;
}

function readKey(entry: unknown): PublicKey | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined;
  const jwk = entry as Readonly<Record<string, unknown>>;
  const { kid, alg, use, key_ops: operations } = jwk;
  if (typeof kid !== 'string' || !KEY_ID.test(kid)) return undefined;
  if (SECRET_MEMBERS.some((name) => name in jwk)) return undefined;
  if (use !== undefined && use !== 'sig') return undefined;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return undefined;
  const shape = shapeOf(jwk);
  if (shape === undefined) return undefined;
  const algorithms = shape.algorithms.filter(
    (one) => alg === undefined || alg === one || (one === 'EdDSA' && alg === 'Ed25519'),
  );
  const members: Record<string, string> = {};
  for (const name of shape.members) {
    const member = jwk[name];
    if (typeof member !== 'string') return undefined;
    members[name] = member;
  }
  return algorithms.length === 0 ? undefined : { kid, algorithms, jwk: members };
}

function shapeOf(
  jwk: Readonly<Record<string, unknown>>,
): { readonly algorithms: readonly Algorithm[]; readonly members: readonly string[] } | undefined {
  const pick = (...names: readonly Algorithm[]): Algorithm[] => ALGORITHMS.filter((one) => names.includes(one));
  if (jwk.kty === 'RSA' && typeof jwk.n === 'string' && rsaBytes(jwk.n) >= LEAST_RSA_BYTES)
    return { algorithms: pick('RS256', 'PS256'), members: ['kty', 'n', 'e'] };
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return { algorithms: pick('ES256'), members: ['kty', 'crv', 'x', 'y'] };
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return { algorithms: pick('EdDSA'), members: ['kty', 'crv', 'x'] };
  return undefined;
}

/** Length of the modulus without leading zeros, which would make a short key look long. */
function rsaBytes(modulus: string): number {
  const bytes = Buffer.from(modulus, 'base64url');
  const first = bytes.findIndex((byte) => byte !== 0);
  // 2048 bits: the highest bit of byte 256 must be set.
  return first === -1 ? 0 : bytes.length - first - ((bytes[first] ?? 0) < 0x80 ? 1 : 0);
}
