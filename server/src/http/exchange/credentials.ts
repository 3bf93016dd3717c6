// Who is calling: one credential, a key or a token in its header or a session in its cookie. Every refusal has the same answer; the reason
// is for the log (AK3, AK4, JW9).
import { fault } from '../../errors.ts';
import {
  exposeOperatorKey,
  flagExposed,
  type ParsedKey,
  parseKey,
  verifyKey,
  verifyMember,
  verifyOperator,
  verifySession,
} from '../../identity/identity.ts';
import type { OperatorPrincipal, UserPrincipal } from '../../principal.ts';
import { RateLimited, refusalReason, unauthenticated } from '../guard/rate-guard.ts';
import type { Access, Services } from '../route.ts';

type Deps = Pick<Services, 'db' | 'peppers' | 'issuers' | 'memory' | 'guard' | 'keyUse' | 'log'>;
type Anyone = UserPrincipal | OperatorPrincipal;

export interface Caller {
  readonly principal: Anyone;
  /** Verifies the same credential again: a stream outlives the moment it was let in. */
  stillAllowed(): Promise<boolean>;
}

const BEARER = /^Bearer ([!-~]{1,8192})$/i;
const KEY_IN_TEXT = /sp_(?:live|test|op)_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}/;
/** Two parts of a signed token that begin like JSON objects in base64url. */
const TOKEN_IN_TEXT = /eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,}/;

async function byKey(deps: Deps, key: ParsedKey): Promise<Anyone> {
  if (key.env === 'op') {
    const operator = await verifyOperator(deps.db, deps.peppers, key);
    if (operator === undefined) throw unauthenticated('bad_operator_key');
    return operator;
  }
  const verdict = await verifyKey(deps.db, deps.peppers, key, Date.now(), deps.memory);
  if (verdict.ok) return verdict.principal;
  if (verdict.key !== undefined) deps.keyUse.refused(verdict.key, verdict.reason);
  throw unauthenticated(verdict.reason);
}

async function byToken(deps: Deps, token: string, tenant: string | undefined): Promise<Anyone> {
  const verdict = await verifyMember(deps.db, deps.issuers, token, tenant, Date.now());
  if (verdict.ok) return verdict.principal;
  if (verdict.reason === 'tenant_required')
    throw fault('invalid_request', {
      fields: [{ path: 'Sallyport-Tenant', message: 'is required: the token is good for more than one tenant' }],
    });
  throw unauthenticated(verdict.reason, 'kid' in verdict ? verdict.kid : undefined);
}

async function bySession(deps: Deps, token: string): Promise<Anyone> {
  const verdict = await verifySession(deps.db, token);
  if (!verdict.ok) throw unauthenticated(verdict.reason);
  return verdict.principal;
}

export interface Credentials {
  readonly authorization: string | undefined;
  /** The token in the cookie. */
  readonly cookie: string | undefined;
  /** The tenant that the caller names: it picks among the memberships of a token, and must be that of any other credential. */
  readonly tenant: string | undefined;
  /** As `addressGroup` names it. */
  readonly address: string;
}

/** What stands for the credential in memory; undefined when there is none. */
export function credentialOf({ authorization, cookie }: Credentials): string | undefined {
  return authorization ?? cookie;
}

/** The caller of these headers. Throws `unauthenticated`, `conflicting_credentials` or `rate_limited`. */
export async function authenticate(deps: Deps, sent: Credentials): Promise<Caller> {
  const { authorization, cookie, address } = sent;
  if (authorization !== undefined && cookie !== undefined) throw fault('conflicting_credentials');
  const credential = credentialOf(sent);
  if (credential === undefined) throw unauthenticated('no_credential');
  const ask = asker(deps, sent);
  deps.guard.demandCalm(address, credential, ask.key);
  try {
    return { principal: await ask.verify(), stillAllowed: () => stillAllowed(ask.verify) };
  } catch (error) {
    const reason = refusalReason(error);
    if (reason !== undefined) await deps.guard.failed(address, credential, reason);
    throw error;
  }
}

interface Asker {
  readonly key: ParsedKey | undefined;
  verify(): Promise<Anyone>;
}

function asker(deps: Deps, { authorization, cookie, tenant }: Credentials): Asker {
  const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
  const key = bearer === undefined ? undefined : parseKey(bearer);
  const identify = async (): Promise<Anyone> => {
    if (cookie !== undefined) return bySession(deps, cookie);
    if (key !== undefined) return byKey(deps, key);
    // What begins like a key and is none is a slip of copying, not a token.
    if (bearer === undefined || bearer.startsWith('sp_')) throw unauthenticated('garbled_key');
    return byToken(deps, bearer, tenant);
  };
  const verify = async (): Promise<Anyone> => {
    const principal = await identify();
    // One source of the tenant: a header beside a credential that says another is not passed over.
    if (tenant !== undefined && (principal.kind === 'operator' || principal.tenantId !== tenant))
      throw unauthenticated('other_tenant');
    return principal;
  };
  return { key, verify };
}

/** A database that cannot be asked is no refusal: the stream goes on until somebody can say no. */
function stillAllowed(verify: () => Promise<Anyone>): Promise<boolean> {
  return verify().then(
    () => true,
    (error: unknown) => refusalReason(error) === undefined,
  );
}

/** Absence denies: an access that is not named here lets nobody in. */
export function authorize(access: Access, principal: Anyone): void {
  if (access === 'known') return;
  const allowed =
    access === 'operator'
      ? principal.kind === 'operator'
      : principal.kind !== 'operator' && (access === 'tenant' || principal.scopes.includes(access));
  if (!allowed) throw fault('forbidden', { detail: `needs ${access}` });
}

/**
 * Refuses a request whose URL holds a credential, in any spelling of percent-encoding, and stops the key if it is genuine. A look into the
 * database for it is a guess like any other: an address that guesses too often is refused without one.
 */
export async function refuseKeyInUrl(deps: Deps, url: string, address: string): Promise<void> {
  const plain = decodeLoosely(url);
  const found = KEY_IN_TEXT.exec(url) ?? KEY_IN_TEXT.exec(plain);
  if (found === null && !TOKEN_IN_TEXT.test(url) && !TOKEN_IN_TEXT.test(plain)) return;
  const key = found === null ? undefined : parseKey(found[0]);
  if (key !== undefined && found !== null && isCalm(deps, address, found[0], key)) {
    const reason = await stopExposed(deps, key);
    if (reason !== undefined) await deps.guard.failed(address, found[0], reason);
  }
  throw fault('credential_in_url');
}

function isCalm(deps: Deps, address: string, text: string, key: ParsedKey): boolean {
  try {
    deps.guard.demandCalm(address, text, key);
    return true;
  } catch (error) {
    if (error instanceof RateLimited) return false;
    throw error;
  }
}

/** Answers why there was nothing to stop; undefined when the key was good, and is stopped now. */
async function stopExposed(deps: Deps, key: ParsedKey): Promise<string | undefined> {
  if (key.env === 'op') {
    if ((await verifyOperator(deps.db, deps.peppers, key)) === undefined) return 'bad_operator_key';
    await exposeOperatorKey(deps.db, key.keyId);
    deps.log.error('operator.exposed', {
      detail: 'the operator key was sent in a URL and is stopped; restart for a new one',
    });
    return undefined;
  }
  const verdict = await verifyKey(deps.db, deps.peppers, key, Date.now(), deps.memory);
  if (!verdict.ok) return verdict.reason;
  await deps.db.atomic(verdict.principal, (tx) => flagExposed(tx, verdict.principal.keyId));
  return undefined;
}

function decodeLoosely(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
