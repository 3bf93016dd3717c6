// Verifies an access token (RFC 7519, RFC 9068) as RFC 8725 tells: one issuer, its algorithms, its key; then every claim. Whatever is not
// asked for is not believed: `jku`, `jwk`, `x5u` and `x5c` are never read (JW1 to JW3, JW7).
import { errors, importJWK, jwtVerify } from 'jose';
import { parseStrictJson } from '../../strict-json.ts';
import { ALGORITHMS, type Algorithm, type IssuerSettings } from './issuers.ts';
import { KEY_ID, type KeySet, type PublicKey } from './key-set.ts';

const MOST_BYTES = 8_192;
const SKEW_SECONDS = 30;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
const SUBJECT = /^[^\p{C}]{1,255}$/u;
const LAST_SECOND = 100_000_000_000;
/** Of ID tokens (OpenID Connect Core 2, 3.3.2.11): a token that says who signed in is no token that lets in. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'];

export interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: KeySet;
}

export type TokenRefusal =
  | 'token_too_long'
  | 'token_garbled'
  | 'token_header'
  | 'token_type'
  | 'algorithm'
  | 'critical_header'
  | 'key_id'
  | 'unknown_issuer'
  | 'unknown_kid'
  | 'keys_unavailable'
  | 'key_mismatch'
  | 'bad_signature'
  | 'token_expired'
  | 'token_claims'
  | 'bound_token'
  | 'id_token';

export type TokenVerdict =
  | {
      readonly ok: true;
      readonly issuer: string;
      readonly subject: string;
      /** `jti` and `sid`, by which a token can be denied before it ends. */
      readonly tokenId: string | undefined;
      readonly session: string | undefined;
      /** Unix seconds. */
      readonly issuedAt: number;
      /** Undefined when the issuer's scopes are not used. */
      readonly scopes: readonly string[] | undefined;
    }
  | { readonly ok: false; readonly reason: TokenRefusal; readonly kid?: string };

type Fields = Readonly<Record<string, unknown>>;
interface Header {
  readonly alg: Algorithm;
  readonly kid: string;
  readonly type: string | undefined;
}

const no = (reason: TokenRefusal, kid?: string): TokenVerdict => ({
  ok: false,
  reason,
  ...(kid === undefined ? {} : { kid }),
});

/** A JSON object in canonical base64url, without a name twice (JW7). */
function readPart(part: string | undefined): Fields | undefined {
  const bytes = Buffer.from(part ?? '', 'base64url');
  if (bytes.toString('base64url') !== part) return undefined;
  try {
    const value = parseStrictJson(bytes);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function readHeader(fields: Fields): Header | TokenRefusal {
  const { alg, kid, typ, crit } = fields;
  // There is no extension that we understand (RFC 7515, 4.1.11), and an unencoded payload is one (RFC 7797).
  if (crit !== undefined || 'b64' in fields) return 'critical_header';
  const known = ALGORITHMS.find((one) => one === alg || (one === 'EdDSA' && alg === 'Ed25519'));
  if (known === undefined) return 'algorithm';
  if (typeof kid !== 'string' || !KEY_ID.test(kid)) return 'key_id';
  if (typ !== undefined && typeof typ !== 'string') return 'token_header';
  return { alg: known, kid, type: typ?.toLowerCase().replace(/^application\//, '') };
}

function fitsType(type: string | undefined, settings: IssuerSettings): boolean {
  return settings.tokenType === 'at+jwt'
    ? type === 'at+jwt'
    : type === undefined || type === 'jwt' || type === 'at+jwt';
}

export async function verifyToken(
  issuers: ReadonlyMap<string, Issuer>,
  token: string,
  now: number,
): Promise<TokenVerdict> {
  if (token.length > MOST_BYTES) return no('token_too_long');
  if (!COMPACT.test(token)) return no('token_garbled');
  const [first, second] = token.split('.');
  const rawHeader = readPart(first);
  const payload = readPart(second);
  if (rawHeader === undefined || payload === undefined) return no('token_garbled');
  const header = readHeader(rawHeader);
  if (typeof header === 'string') return no(header);
  const { alg, kid, type } = header;
  const issuer = typeof payload.iss === 'string' ? issuers.get(payload.iss) : undefined;
  if (issuer === undefined) return no('unknown_issuer', kid);
  const { settings, keys } = issuer;
  if (!settings.algorithms.includes(alg)) return no('algorithm', kid);
  if (!fitsType(type, settings)) return no('token_type', kid);
  const key = await keys.find(kid);
  if (typeof key === 'string') return no(key, kid);
  if (!key.algorithms.includes(alg)) return no('key_mismatch', kid);
  const refusal = (await checkSignature(token, rawHeader.alg, key, settings, now)) ?? checkClaims(payload);
  if (refusal !== undefined) return no(refusal, kid);
  const scopes = settings.useScopes ? (typeof payload.scope === 'string' ? payload.scope.split(' ') : []) : undefined;
  return {
    ...{ ok: true, issuer: settings.issuer, subject: String(payload.sub), scopes },
    tokenId: nameIn(payload.jti),
    session: nameIn(payload.sid),
    issuedAt: Number(payload.iat),
  };
}

/** A claim that names something; of another type it names nothing, and can be denied by nobody. */
function nameIn(claim: unknown): string | undefined {
  return typeof claim === 'string' && SUBJECT.test(claim) ? claim : undefined;
}

/** Signature, issuer, audience, times and age. */
async function checkSignature(
  token: string,
  alg: unknown,
  key: PublicKey,
  settings: IssuerSettings,
  now: number,
): Promise<TokenRefusal | undefined> {
  try {
    await jwtVerify(token, await importJWK({ ...key.jwk }, String(alg)), {
      algorithms: [String(alg)],
      issuer: settings.issuer,
      audience: settings.audience,
      clockTolerance: SKEW_SECONDS,
      maxTokenAge: settings.maxAge,
      requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
      currentDate: new Date(now),
    });
    return undefined;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'token_expired';
    if (error instanceof errors.JWTClaimValidationFailed) return 'token_claims';
    if (error instanceof errors.JWSSignatureVerificationFailed) return 'bad_signature';
    return 'key_mismatch';
  }
}

function checkClaims(payload: Fields): TokenRefusal | undefined {
  const { sub, exp, iat, nbf, cnf } = payload;
  if (typeof sub !== 'string' || !SUBJECT.test(sub)) return 'token_claims';
  const isTime = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value < LAST_SECOND;
  if (!isTime(exp) || !isTime(iat) || (nbf !== undefined && !isTime(nbf))) return 'token_claims';
  // Bound to a key that we did not ask to see (RFC 8705, RFC 9449): as a bearer token it is a stolen one.
  if (cnf !== undefined) return 'bound_token';
  return ID_TOKEN_CLAIMS.some((name) => name in payload) ? 'id_token' : undefined;
}
