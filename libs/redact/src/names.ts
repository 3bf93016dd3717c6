// Decides from a name alone whether what it names is secret (RD6).

/** A name that says nothing. */
export const PLAIN = 0;
/** A name that masks only a value that looks drawn at random: `key`, `code`, `session`. */
export const WEAK = 1;
/** A name that masks whatever it names. */
export const STRONG = 2;

export type Strength = typeof PLAIN | typeof WEAK | typeof STRONG;

export interface Name {
  readonly strength: Strength;
  /** In a URL's query or a cookie more names carry secrets than elsewhere. */
  readonly parameter: boolean;
  /** The value runs to the end of the line: a header with spaces and commas of its own. */
  readonly line: boolean;
  /** An authorization scheme: the word after it is the secret. */
  readonly scheme: boolean;
  /** Names a session, whose digits alone open it, even in hex. */
  readonly session: boolean;
}

export type NameTable = (name: string) => Name;

const LONGEST = 120;
const MOST_KEPT = 4096;
const NOTHING: Name = { strength: PLAIN, parameter: false, line: false, scheme: false, session: false };

const SECRET = new RegExp(
  [
    'passw(?:or)?d|passwrd|passphrase|passcode|^pass$|pwd$|storepass|keypass|dbpass|userpass|rootpass|smtppass',
    'passwort|kennwort|contrasena|motdepasse|^senha$',
    'secret|token|credential|cookie|authorization|authentication$|^proxyauth$',
    'apikey|accesskey|privatekey|privkey|signingkey|encryptionkey|masterkey|accountkey|sharedkey|authkey|rootkey',
    'subscriptionkey|functionskey|servicekey|sessionkey|symmetrickey|hmackey|aeskey|appkey|serverkey|storagekey',
    'adminkey|webhookkey|deploykey|consumerkey|clientkey|presharedkey|licensekey|datakey|wrappingkey|sshkey|decryptionkey',
    'writekey|readkey|integrationkey|ingestkey|secretkeybase|keymaterial|publishkey|userkey|teamkey|rapidapikey',
    'connectionstring|clientassertion|samlresponse|^jwt$|jwt$|^otp$|^totp|otpcode|mfacode|verificationcode|^pin$|pincode',
    'securitycode|recoverycode|backupcode|authcode|authorizationcode|^cvv2?$|^cvc$|^psk$|pepper$|mnemonic|seedphrase',
    'recoveryphrase|^auth$|bearer$|^xauth$|^sas$|^hmac$|hmacsha256$|signature|jsessionid|phpsessid|aspsessionid',
    'connectsid|^laravelsession|devicecode$|magiclink|privatelines|^kubeconfig$|^dockercfg|dockerconfigjson|^htpasswd$',
  ].join('|'),
);
/** The last part of a dotted name that says no more than the part before it. */
const NO_PART = /^(?:value|val|raw|data|text|string|stringvalue|default|\d+)$/i;
const HARMLESS =
  /tokeni[sz]|tokenlimit|secretary|tokenusage|passwordless|cookiesenabled|cookiepolicy|cookieconsent|cookieparser|signatureverif|passwordpolicy|unauthorization|secretsmanager|tokenbucket/;
const WEAK_NAME = /^(?:key|code|session|sess|sid|sig|salt|state|ticket|assertion|hash|accesscode|invite|invitecode)$/;
const SESSION = /^(?:session|sess|sid)$/;
const QUERY =
  /^(?:code|sig|key|state|ticket|assertion|session|sessionid|sid|nonce|access|samlresponse|relaystate|xamzcredential|xgoogcredential|resetcode|otp|hash|invite|verifier|codeverifier|k|t|tkn|tok|pw|p|pass|auth|cred|login|confirmation|magic|ott|hmac|mac|digest)$/;
const LINE = /(?:authorization|cookie|cookies|authentication|authenticationinfo)$/;
const SCHEME =
  /^(?:bearer|basic|token|negotiate|apikey|digest|dpop|ssws|geniekey|oauth|ntlm|hawk|splunk|sharedkey|sharedkeylite|sharedaccesssignature|googlelogin|zohooauthtoken|gateway|klaviyoapikey|apitoken)$/;

/** As the last part of several, these say what is known about a secret, not the secret itself. */
const ABOUT = new Set(
  (
    'id ids name names count counts type types url urls uri endpoint endpoints policy length len limit limits at expiry expires expiration ' +
    'expired ttl age maxage version versions status enabled disabled required usage used budget size format algorithm alg scope scopes header ' +
    'headers field fields label hint path file filename dir domain index rate price cost total strength score rotation prefix suffix provider ' +
    'issuer audience valid invalid present missing exists rotated updated created changed seconds ms minutes hours days ' +
    'remaining reset number num method mode location flow kind source store model window error errors event events samesite secure httponly table column ' +
    'verified expected allowed attempts retries failures requests bytes tokens ref arn manager input output'
  ).split(' '),
);
const BEFORE = new Set(
  'max min has is use uses no num total require requires allow enable disable show hide can should'.split(' '),
);
const HELD = new Set('access refresh auth api bearer session id device csrf personal push'.split(' '));
const KEY_OF = new Set(
  (
    'primary foreign public cache sort partition idempotency routing object group order unique index hot shortcut arrow translation message dedupe ' +
    'lookup map hash range composite natural surrogate candidate parent child row column entity blob file path query item field setting config ' +
    'metric label feature flag filter attribute tag project issue step job run event state count rate limit bucket lock topic registry shard'
  ).split(' '),
);

/** `http.request.header.authorization` names its last part, `token-store.ts` is a file. */
function lastOfDotted(name: string): string {
  if (!name.includes('.') || /^connect\.sid$/i.test(name)) return name;
  const segments = name.split('.').filter((segment) => segment !== '');
  while (segments.length > 1 && NO_PART.test(segments.at(-1) ?? '')) segments.pop();
  return segments.at(-1) ?? '';
}

function partsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((part) => part !== '');
}

function strengthOf(parts: readonly string[], flat: string): Strength {
  const last = parts.at(-1) ?? '';
  if (parts.length > 1) {
    if (BEFORE.has(parts[0] ?? '')) return PLAIN;
    if (last === 'tokens') return HELD.has(parts.at(-2) ?? '') ? STRONG : PLAIN;
    if (ABOUT.has(last)) return PLAIN;
    if (last === 'pass') return STRONG;
  }
  if (flat === 'tokens' || HARMLESS.test(flat)) return PLAIN;
  if (SECRET.test(flat)) return STRONG;
  if (WEAK_NAME.test(flat)) return WEAK;
  return parts.length > 1 && last === 'key' && !KEY_OF.has(parts.at(-2) ?? '') ? WEAK : PLAIN;
}

/** Judges one name. Names longer than 120 characters are no names. */
export function judgeName(name: string): Name {
  if (name.length > LONGEST) return NOTHING;
  const parts = partsOf(lastOfDotted(name));
  const flat = parts.join('');
  const strength = strengthOf(parts, flat);
  const parameter = strength === STRONG || QUERY.test(flat);
  const scheme = SCHEME.test(flat);
  if (strength === PLAIN && !parameter && !scheme) return NOTHING;
  return {
    strength,
    parameter,
    line: strength === STRONG && (LINE.test(flat) || /-signature$/i.test(name)),
    scheme,
    session: SESSION.test(flat),
  };
}

/** The same few names come again in every record, so their judgements are kept; the memory is bounded. */
export function createNameTable(): NameTable {
  const kept = new Map<string, Name>();
  return (name) => {
    const known = kept.get(name);
    if (known !== undefined) return known;
    const judged = judgeName(name);
    if (kept.size >= MOST_KEPT) kept.clear();
    if (name.length <= LONGEST) kept.set(name, judged);
    return judged;
  };
}
