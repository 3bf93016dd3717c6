// Who is calling: one credential, a key in its header or a session in its cookie. Every refusal has the same answer; the reason is for
// the log (AK3, AK4).
import { fault } from '../errors.ts';
import {
  flagExposed,
  type ParsedKey,
  parseKey,
  verifyKey,
  verifyOperator,
  verifySession,
} from '../identity/identity.ts';
import type { KeyPrincipal, OperatorPrincipal, SessionPrincipal, UserPrincipal } from '../principal.ts';
import type { HttpDeps } from './deps.ts';
import type { Access } from './route.ts';

type Deps = Pick<HttpDeps, 'db' | 'peppers'>;

export interface Caller {
  readonly principal: UserPrincipal | OperatorPrincipal;
  /** Verifies the same credential again: a stream outlives the moment it was let in. */
  stillAllowed(): Promise<boolean>;
}

const BEARER = /^Bearer ([!-~]{1,200})$/i;
const KEY_IN_TEXT = /sp_(?:live|test|op)_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/;

async function identify(deps: Deps, key: ParsedKey): Promise<KeyPrincipal | OperatorPrincipal> {
  if (key.env === 'op') {
    const operator = await verifyOperator(deps.db, deps.peppers, key);
    if (operator === undefined) throw fault('unauthenticated', { detail: 'bad_operator_key' });
    return operator;
  }
  const verdict = await verifyKey(deps.db, deps.peppers, key, Date.now());
  if (!verdict.ok) throw fault('unauthenticated', { detail: verdict.reason });
  return verdict.principal;
}

async function enter(deps: Deps, token: string): Promise<SessionPrincipal> {
  const verdict = await verifySession(deps.db, token);
  if (!verdict.ok) throw fault('unauthenticated', { detail: verdict.reason });
  return verdict.principal;
}

export interface Credentials {
  readonly authorization: string | undefined;
  /** The token in the cookie. */
  readonly cookie: string | undefined;
}

/** The caller of these headers. Throws `unauthenticated` or `conflicting_credentials`. */
export async function authenticate(deps: Deps, { authorization, cookie }: Credentials): Promise<Caller> {
  if (authorization !== undefined && cookie !== undefined) throw fault('conflicting_credentials');
  if (cookie !== undefined) return recheckable(() => enter(deps, cookie));
  if (authorization === undefined) throw fault('unauthenticated', { detail: 'no_credential' });
  const key = parseKey(BEARER.exec(authorization)?.[1] ?? '');
  if (key === undefined) throw fault('unauthenticated', { detail: 'garbled_key' });
  return recheckable(() => identify(deps, key));
}

async function recheckable(ask: () => Promise<Caller['principal']>): Promise<Caller> {
  return {
    principal: await ask(),
    stillAllowed: () =>
      ask().then(
        () => true,
        // A database that cannot be asked is no refusal: the stream goes on until somebody can say no.
        (error: unknown) => !(error instanceof Error && 'code' in error && error.code === 'unauthenticated'),
      ),
  };
}

/** Absence denies: an access that is not named here lets nobody in. */
export function authorize(access: Access, principal: UserPrincipal | OperatorPrincipal): void {
  if (access === 'known') return;
  const allowed =
    access === 'operator'
      ? principal.kind === 'operator'
      : principal.kind !== 'operator' && (access === 'tenant' || principal.scopes.includes(access));
  if (!allowed) throw fault('forbidden', { detail: `needs ${access}` });
}

/** Refuses a request whose URL holds a key, in any spelling of percent-encoding, and stops the key if it is genuine. */
export async function refuseKeyInUrl(deps: Deps, url: string): Promise<void> {
  const found = KEY_IN_TEXT.exec(url) ?? KEY_IN_TEXT.exec(decodeLoosely(url));
  if (found === null) return;
  const key = parseKey(found[0]);
  if (key !== undefined && key.env !== 'op') {
    const verdict = await verifyKey(deps.db, deps.peppers, key, Date.now());
    if (verdict.ok) await deps.db.atomic(verdict.principal, (tx) => flagExposed(tx, verdict.principal.keyId));
  }
  throw fault('credential_in_url');
}

function decodeLoosely(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
