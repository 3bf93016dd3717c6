// An issuer of tokens: keys made afresh, the set in a file, signatures by the platform's own cryptography and not by the library under test.
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenIssuers, readIssuers, type TokenIssuers } from '../../src/identity/identity.ts';

export type Part = Readonly<Record<string, unknown>>;
export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256' | 'EdDSA';

export const AUDIENCE = 'sallyport-test';

export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The public half as a set shows it. */
  readonly jwk: Part;
}

export const encode = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

export function makeKey(alg: SigningAlgorithm, kid: string, bits = 2048): SigningKey {
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: bits });
  return { kid, alg, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig', alg } };
}

export function signText(key: SigningKey, text: string, alg: string = key.alg): string {
  const data = Buffer.from(text);
  const { privateKey } = key;
  if (key.alg === 'EdDSA') return sign(null, data, privateKey).toString('base64url');
  if (key.alg === 'ES256')
    return sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  const padding = alg === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  return sign('sha256', data, { key: privateKey, ...padding }).toString('base64url');
}

/** Whatever header and claims are given, signed by `key`. */
export function makeToken(key: SigningKey, header: unknown, claims: unknown): string {
  const body = `${encode(header)}.${encode(claims)}`;
  const alg = typeof header === 'object' && header !== null && 'alg' in header ? String(header.alg) : key.alg;
  return `${body}.${signText(key, body, alg)}`;
}

export function goodClaims(issuer: string, now = Math.floor(Date.now() / 1_000)): Part {
  return { iss: issuer, aud: AUDIENCE, sub: 'somebody', iat: now, nbf: now, exp: now + 600, jti: 'one' };
}
export const goodHeader = (key: SigningKey): Part => ({ alg: key.alg, kid: key.kid, typ: 'at+jwt' });

export interface TestIssuer {
  readonly name: string;
  readonly key: SigningKey;
  readonly issuers: TokenIssuers;
  /** A good token with these claims in place of the usual ones. */
  token(claims?: Part): string;
  close(): Promise<void>;
}

export async function openTestIssuer(name = 'https://issuer.example/'): Promise<TestIssuer> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-issuer-'));
  const file = join(folder, 'keys.json');
  const key = makeKey('ES256', 'first');
  await writeFile(file, JSON.stringify({ keys: [key.jwk] }));
  const setting = JSON.stringify([{ issuer: name, audience: AUDIENCE, algorithms: ['ES256'], key_set_file: file }]);
  const issuers = createTokenIssuers(readIssuers(setting), {
    read: () => Promise.reject(new TypeError('the keys are in a file')),
    monotonic: () => performance.now(),
    onFault: () => undefined,
  });
  return {
    name,
    key,
    issuers,
    token: (claims = {}) => makeToken(key, goodHeader(key), { ...goodClaims(name), ...claims }),
    close: () => rm(folder, { recursive: true }),
  };
}
