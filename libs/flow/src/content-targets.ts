// Places to go that stand in a text which is about to leave: links, addresses, accounts, phone numbers (R10).
import { sanitize } from './sanitize.ts';
import { trimSentenceEnd } from './urls.ts';

export interface ContentTarget {
  readonly kind: 'link' | 'address' | 'account' | 'phone';
  readonly value: string;
}

const MOST_TARGETS = 200;
const DOMAIN =
  '(?:[\\p{L}\\p{N}-]{1,63}\\.){1,6}(?:com|org|net|io|dev|app|ai|edu|gov|int|eu|uk|de|fr|es|it|nl|ch|at|jp|cn|ru|in|br|au|ca|us|co|me|info|xyz|top|site|online|link|example|test)';
const SHAPES: readonly (readonly [ContentTarget['kind'], RegExp])[] = [
  ['link', /(?<![a-z0-9])(?:[a-z][a-z0-9+.-]{1,20}:)?\/\/[^\s<>()\]`"']{2,4000}/giu],
  ['link', /(?<![a-z0-9])(?:mailto|tel|data|javascript|bitcoin|ethereum):[^\s<>()\]`"']{2,4000}/giu],
  ['address', /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,6}/giu],
  [
    'link',
    new RegExp(
      `(?<![\\p{L}\\p{N}@./_-])(?:www\\.[^\\s<>()\\]]{3,400}|${DOMAIN}(?:[/:?#][^\\s<>()\\]\`"']{0,4000})?(?![\\p{L}\\p{N}@-]))`,
      'giu',
    ),
  ],
  ['link', /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?:[:/][^\s<>()\]]{0,400})?(?![\d.])/g],
  [
    'account',
    /(?<![\p{L}\p{N}])(?:0x[0-9a-f]{40}|bc1[0-9a-z]{20,80}|[13][1-9A-HJ-NP-Za-km-z]{25,34})(?![\p{L}\p{N}])/giu,
  ],
  ['account', /(?<![\p{L}\p{N}])[a-z]{2}\d{2}(?:[ -]?[a-z]{0,4}\d[a-z\d]{0,3}){2,8}(?![\p{L}\p{N}])/giu],
  ['account', /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ -]?[A-Z\d]{2,4}){3,8}(?![\p{L}\p{N}])/gu],
  ['phone', /(?<![\p{L}\p{N}.,])\+?\(?\d(?:[ ()/.-]{0,2}\d){6,29}(?![\p{L}\p{N}])/gu],
];

/** A day, a moment or an amount is no place to send anything. */
function isHarmlessNumber(value: string): boolean {
  const plain = value.trim();
  if (
    /^\d{4}[-./]\d{1,2}[-./]\d{1,2}(?:[ -]\d{1,2})?$/.test(plain) ||
    /^\d{1,2}[-./]\d{1,2}[-./]\d{4}(?: \d{1,2})?$/.test(plain)
  )
    return true;
  if (/^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$/.test(plain)) return true;
  return (
    /^\d{1,3}(?:\.\d{3})*(?:\.\d{1,2})?$/.test(plain) ||
    /^\d+\.\d+$/.test(plain) ||
    /^\d{4}(?: ?- ?| )\d{4}$/.test(plain)
  );
}

/** Bounded in number: past the bound `whole` is false and the text must be held. */
export function findContentTargets(text: string): {
  readonly targets: readonly ContentTarget[];
  readonly whole: boolean;
} {
  let rest = sanitize(text.normalize('NFKC')).text;
  const targets: ContentTarget[] = [];
  const seen = new Set<string>();
  // What one shape has taken is no business of the next: the digits of a link are no phone number.
  for (const [kind, shape] of SHAPES)
    rest = rest.replace(shape, (match: string) => {
      const value = trimSentenceEnd(match.trim());
      if (kind === 'phone' && isHarmlessNumber(value)) return match;
      if (!seen.has(value) && targets.length <= MOST_TARGETS) targets.push({ kind, value });
      seen.add(value);
      return ' ';
    });
  return { targets: targets.slice(0, MOST_TARGETS), whole: targets.length <= MOST_TARGETS };
}
