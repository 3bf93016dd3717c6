// Decides from a name alone whether what it names is secret (RD6).

const EXEMPT =
  /(?:[a-z]I[dD]|[_.-]id|[a-z]Name|[_.-]name|[a-z]Count|[_.-]count|[a-z]Type|[_.-]type|tokens|Tokens)$|^(?:max|MAX)/;
const SECRET =
  /passw(?:or)?d|passphrase|^pwd$|pwd$|secret|token|api-?key|accesskey|privatekey|signingkey|encryptionkey|masterkey|accountkey|sharedkey|authkey|subscriptionkey|functionskey|servicekey|authorization|credential|cookie|connectionstring|^jwt$|^otp$|^auth$|^bearer$|^sas$|^hmac$|signature$|^xauth$|clientassertion/;
const HARMLESS =
  /^(?:tokenize|tokenizer|tokenized|secretary|tokenusage|passwordless|cookiesenabled|cookiepolicy|cookieconsent)/;
const QUERY =
  /^(?:code|sig|key|state|ticket|assertion|session|sessionid|sid|nonce|access|samlresponse|xamzcredential|xamzsignature)$/;

function flat(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

export function isSecretKey(name: string): boolean {
  if (name.length > 120 || EXEMPT.test(name)) return false;
  const key = flat(name);
  return SECRET.test(key) && !HARMLESS.test(key);
}

/** In a URL's query more names carry secrets than elsewhere. */
export function isSecretParameter(name: string): boolean {
  return isSecretKey(name) || QUERY.test(flat(name));
}

/** Names whose value runs to the end of the line. */
export function takesLine(name: string): boolean {
  return /(?:authorization|cookie)$/.test(flat(name));
}
