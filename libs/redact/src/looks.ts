// Decides from a value alone whether it may be a secret, for names and places that do not say so by themselves.

const UUID = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i;
const DATE = /^\d{4}-\d\d-\d\d(?:$|[T ])|^\d{1,2}:\d\d/;
const OWN_ID = /^[a-z]{2,8}_[0-9A-Za-z]{16,32}$/;
const VERSION = /^v?\d+(?:\.\d+)+/;
const HEX = /^(?:[0-9a-f]+|[0-9A-F]+)$/;
const NO_VALUE =
  /^(?:true|false|null|nil|undefined|none|string|number|boolean|any|unknown|object|required|optional|missing|invalid|expired|present|absent|empty|yes|no|ok|unset|n\/a|hidden|masked|redacted|read|write|list|oauth2?|oidc|saml|basic|bearer|\(none\)|\$\{[^}]{0,200}\}?|\$[A-Z][A-Z0-9_]*|\$\([^)]{0,200}\)?|\{\{[^}]{0,200}\}{0,2}|(?:process\.env|import\.meta\.env|os\.environ|os\.getenv|config|req|request|this|self|options|args|ctx|env)[.[(][\w.[\]()'"]{0,200}|%[sdvq]|<[A-Za-z][\w -]{0,60}>?|\*{3,}|x{3,}|\.{3}|…)$/i;

/** Words and placeholders that stand where a value would, and hide nothing. */
export function isPlaceholder(value: string): boolean {
  return NO_VALUE.test(value);
}

function isPublicShape(value: string): boolean {
  return UUID.test(value) || DATE.test(value) || OWN_ID.test(value) || VERSION.test(value);
}

/** Letters and digits mixed as people and programs mix them in secrets, and no known harmless shape. */
export function looksSecret(value: string): boolean {
  if (value.length < 6 || !/\d/.test(value) || !/[A-Za-z]/.test(value)) return false;
  return (
    !isPublicShape(value) &&
    !value.includes('://') &&
    !/^[a-z]+[-_]\d{1,4}$/.test(value) &&
    !/^\d+[a-z]{1,5}$/.test(value)
  );
}

/** Long and drawn from a large alphabet. */
export function looksRandom(value: string): boolean {
  if (value.length < 16 || isPublicShape(value) || HEX.test(value) || !/^[\w+/=.~-]+$/.test(value)) return false;
  return /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value);
}

/** Whether a weak name masks this value. */
export function looksWeak(value: string, session: boolean): boolean {
  return looksRandom(value) || (session && value.length >= 24 && (HEX.test(value) || looksNear(value)));
}

/** A run a few words behind a secret name: random, or at least no word, digest or id. */
export function looksNear(value: string): boolean {
  if (looksRandom(value)) return true;
  return (
    value.length >= 20 &&
    /^[a-z0-9]+$/i.test(value) &&
    /(?:\d[^\d]*){4}/.test(value) &&
    /[a-z]/i.test(value) &&
    !HEX.test(value)
  );
}

/** A value in the place of a query parameter that often carries a secret. */
export function looksLikeGrant(value: string): boolean {
  if (DATE.test(value) || UUID.test(value)) return false;
  return (
    value.length >= 20 || (value.length >= 6 && /\d/.test(value) && !/^\d{1,5}$/.test(value) && !OWN_ID.test(value))
  );
}
