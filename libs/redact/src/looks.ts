// Decides from a value alone whether it may be a secret, for names and places that do not say so by themselves.

const UUID = /^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i;
const DATE = /^\d{4}-\d\d-\d\d(?:$|[T ])|^\d{1,2}:\d\d/;
const OWN_ID = /^[a-z]{2,8}_[0-9A-Za-z]{16,32}$/;
const VERSION = /^v?\d+(?:\.\d+)+/;
const HEX = /^(?:[0-9a-f]+|[0-9A-F]+)$/;
const NO_VALUE =
  /^(?:true|false|null|nil|undefined|none|string|number|boolean|any|unknown|object|required|optional|missing|invalid|expired|present|absent|empty|yes|no|ok|unset|n\/a|hidden|masked|redacted|\(none\)|\$\{[^}]{0,200}\}?|\$[A-Z][A-Z0-9_]*|\$\([^)]{0,200}\)?|\{\{[^}]{0,200}\}{0,2}|%[sdvq]|<[A-Za-z][\w -]{0,60}>?|\*{3,}|x{3,}|\.{3}|…)$/i;

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
    !isPublicShape(value) && !value.includes('://') && !/^[a-z]+[-_]\d+$/i.test(value) && !/^\d+[a-z]{1,5}$/.test(value)
  );
}

/** Long and drawn from a large alphabet. */
export function looksRandom(value: string): boolean {
  if (value.length < 16 || isPublicShape(value) || HEX.test(value) || !/^[\w+/=.~-]+$/.test(value)) return false;
  return /\d/.test(value) && /[a-z]/.test(value) && /[A-Z]/.test(value);
}

/** A value in the place of a query parameter that often carries a secret. */
export function looksLikeGrant(value: string): boolean {
  if (DATE.test(value) || UUID.test(value)) return false;
  return (
    value.length >= 20 || (value.length >= 6 && /\d/.test(value) && !/^\d{1,5}$/.test(value) && !OWN_ID.test(value))
  );
}
