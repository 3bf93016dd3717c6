// Which token issuers the operator trusts, read from one setting. Every fault names the place; nothing is guessed and nothing has a
// default that trusts more.
import { readFileSync } from 'node:fs';
import { fault } from '../../errors.ts';
import { parseStrictJson } from '../../strict-json.ts';

/** Asymmetric only: a shared secret would let whoever verifies also sign (JW1). */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export interface IssuerSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly Algorithm[];
  /** Where its keys are: an https URL, or a file. */
  readonly keys: { readonly url: URL } | { readonly file: string };
  /** `at+jwt` (RFC 9068); `jwt` for issuers that do not say it, with the claims of ID tokens refused. */
  readonly tokenType: 'at+jwt' | 'jwt';
  /** The oldest token that is taken, in seconds since it was issued, however far its end is. */
  readonly maxAge: number;
  /** Takes the claim `scope` as a further limit; the role's permissions alone count otherwise. */
  readonly useScopes: boolean;
}

const NAMES = ['issuer', 'audience', 'algorithms', 'jwks_url', 'key_set_file', 'token_type', 'max_age', 'use_scopes'];
const MOST_ISSUERS = 50;
/** Short: what was let in by mistake is out again soon, even where nobody denies it (JW8). */
const DEFAULT_MAX_AGE = 900;
const SETTING = 'SALLYPORT_JWT_ISSUERS';

function refuse(sentence: string): never {
  const message = `${SETTING}: ${sentence}`;
  throw fault('configuration', { detail: message, fields: [{ path: SETTING, message }] });
}

/** The issuers of the setting: a JSON list, or the path of a file that holds one. Throws `configuration`. */
export function readIssuers(setting: string | undefined): readonly IssuerSettings[] {
  if (setting === undefined) return [];
  let value: unknown;
  try {
    value = parseStrictJson(setting.trimStart().startsWith('[') ? Buffer.from(setting, 'utf8') : readFileSync(setting));
  } catch {
    refuse('neither a JSON list nor a file that holds one can be read; expected [{ "issuer": …, "audience": … }]');
  }
  if (!Array.isArray(value) || value.length > MOST_ISSUERS)
    refuse(`expected a list of at most ${MOST_ISSUERS} issuers`);
  const issuers = value.map((entry: unknown, at) => readIssuer(entry, at));
  const names = issuers.map((one) => one.issuer);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) refuse(`the issuer ${twice} stands twice`);
  return issuers;
}

function readIssuer(entry: unknown, at: number): IssuerSettings {
  const where = `entry ${at + 1}`;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) refuse(`${where}: expected an object`);
  const fields = entry as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(fields).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) refuse(`${where}: ${unknown.slice(0, 40)} is not known; expected ${NAMES.join(', ')}`);
  const text = (name: string, most: number): string => {
    const value = fields[name];
    if (typeof value !== 'string' || value === '' || value.length > most) refuse(`${where}: ${name} is required`);
    return value;
  };
  const { token_type: tokenType = 'at+jwt', max_age: maxAge = DEFAULT_MAX_AGE, use_scopes: useScopes = false } = fields;
  if (tokenType !== 'at+jwt' && tokenType !== 'jwt') refuse(`${where}: token_type must be at+jwt or jwt`);
  if (typeof maxAge !== 'number' || !Number.isInteger(maxAge) || maxAge < 60 || maxAge > 86_400)
    refuse(`${where}: max_age must be 60 to 86400 seconds`);
  if (typeof useScopes !== 'boolean') refuse(`${where}: use_scopes must be true or false`);
  const algorithms = readAlgorithms(fields.algorithms, where);
  const keys = readKeySource(fields, where);
  return {
    issuer: text('issuer', 500),
    audience: text('audience', 500),
    algorithms,
    keys,
    tokenType,
    maxAge,
    useScopes,
  };
}

function readAlgorithms(value: unknown, where: string): readonly Algorithm[] {
  const named = Array.isArray(value) ? ALGORITHMS.filter((known) => value.includes(known)) : [];
  if (!Array.isArray(value) || named.length === 0 || named.length !== value.length)
    refuse(`${where}: algorithms must be some of ${ALGORITHMS.join(', ')}, each once`);
  return named;
}

function readKeySource(fields: Readonly<Record<string, unknown>>, where: string): IssuerSettings['keys'] {
  const { jwks_url: url, key_set_file: file } = fields;
  if ((url === undefined) === (file === undefined)) refuse(`${where}: expected either jwks_url or key_set_file`);
  if (typeof file === 'string' && file !== '') return { file };
  const parsed = typeof url === 'string' ? URL.parse(url) : null;
  if (parsed?.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '' || parsed.hash !== '')
    refuse(`${where}: jwks_url must be an https URL without a user, or key_set_file the path of a file`);
  return { url: parsed };
}
