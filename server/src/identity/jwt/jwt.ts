// Owns tokens of outside issuers: which are trusted, their keys, the verdict on a token. Sole importer of the JOSE library.
// Promises that a token is held to its one issuer's algorithms, keys, audience and times, and that keys are fetched through the guard alone.
// Must never grant anything by a claim: who a subject is, and of which tenant, is a row of the database (JW6).
import { readFile } from 'node:fs/promises';
import { fault } from '../../errors.ts';
import { parseStrictJson } from '../../strict-json.ts';
import type { IssuerSettings } from './issuers.ts';
import { createKeySet } from './key-set.ts';
import { type Issuer, type TokenVerdict, verifyToken } from './verify-token.ts';

export { type IssuerSettings, readIssuers } from './issuers.ts';
export type { TokenRefusal, TokenVerdict } from './verify-token.ts';

export interface TokenIssuers {
  verify(token: string, now: number): Promise<TokenVerdict>;
  /** Whether a user may be mapped to a person of this issuer. */
  knows(issuer: string): boolean;
}

export interface IssuerDeps {
  /** Through a guard that allows https to the issuers' own hosts, follows no redirect and bounds size and time. */
  readonly read: (url: string) => Promise<{ readonly status: number; readonly body: Uint8Array }>;
  readonly monotonic: () => number;
  readonly onFault: (issuer: string, error: unknown) => void;
}

export function createTokenIssuers(settings: readonly IssuerSettings[], deps: IssuerDeps): TokenIssuers {
  const issuers = new Map<string, Issuer>();
  for (const one of settings) {
    const { keys: source, issuer } = one;
    const load = async (): Promise<unknown> => {
      if ('file' in source) return parseStrictJson(await readFile(source.file));
      const { status, body } = await deps.read(source.url.href);
      if (status !== 200)
        throw fault('unavailable', { detail: `the key set of ${issuer} was answered with ${status}` });
      return parseStrictJson(body);
    };
    const keys = createKeySet(load, deps.monotonic, (error) => deps.onFault(issuer, error));
    issuers.set(issuer, { settings: one, keys });
  }
  return { verify: (token, now) => verifyToken(issuers, token, now), knows: (issuer) => issuers.has(issuer) };
}
