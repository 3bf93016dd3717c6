// Whole tokens in running text: `500` does not stand in `1,500`, nor `evil.example` in `bob@evil.example` (R9).

export interface Folded {
  readonly text: string;
  /** For each character of `text` the index in the original. */
  readonly at: readonly number[];
}

const CLUSTER = /\P{M}\p{M}{0,32}|\p{M}/gsu;

function foldCluster(cluster: string): string {
  if (/^\s/u.test(cluster)) return ' ';
  return cluster
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/[\u201c\u201d\u201e]/g, '"')
    .replace(/[\u2010-\u2015\u2212]/g, '-');
}

/** Case, width, white space, quotes and dashes made one. */
export function foldWithMap(input: string): Folded {
  let text = '';
  const at: number[] = [];
  for (const match of input.matchAll(CLUSTER)) {
    const folded = foldCluster(match[0]);
    if (folded === ' ' && (text === '' || text.endsWith(' '))) continue;
    text += folded;
    for (let count = 0; count < folded.length; count++) at.push(match.index);
  }
  return { text: text.trimEnd(), at };
}

export function fold(input: string): string {
  return /^[\x20-\x7e]*$/.test(input) ? input.toLowerCase().replace(/ +/g, ' ').trim() : foldWithMap(input).text;
}

const isWord = (sign: string | undefined): boolean => sign !== undefined && /[\p{L}\p{N}\p{M}_]/u.test(sign);
const isDigit = (sign: string | undefined): boolean => sign !== undefined && sign >= '0' && sign <= '9';
const CONNECTORS = '@.-/:+%#&=~$\\';

function isJoinedLeft(text: string, at: number): boolean {
  const before = text[at - 1];
  if (before === undefined || before === ' ') return false;
  if (isWord(before)) return true;
  const further = text[at - 2];
  if (before === ',') return isDigit(further) && isDigit(text[at]);
  if (!CONNECTORS.includes(before)) return false;
  if ('/\\~.%'.includes(before)) return true;
  return isWord(further) || (further !== undefined && CONNECTORS.includes(further));
}

function isJoinedRight(text: string, end: number): boolean {
  const after = text[end];
  if (after === undefined || after === ' ') return false;
  if (isWord(after)) return true;
  const further = text[end + 1];
  if (after === ',') return isDigit(text[end - 1]) && isDigit(further);
  return CONNECTORS.includes(after) && (isWord(further) || (further !== undefined && '/\\@'.includes(further)));
}

export function standsAlone(text: string, at: number, end: number): boolean {
  return !isJoinedLeft(text, at) && !isJoinedRight(text, end);
}

/** Index of a phrase that stands in the text as whole tokens, or -1. Both folded. */
export function findPhrase(text: string, phrase: string): number {
  if (phrase === '') return -1;
  for (let at = text.indexOf(phrase); at >= 0; at = text.indexOf(phrase, at + 1))
    if (standsAlone(text, at, at + phrase.length)) return at;
  return -1;
}

/** A number written with spaces, dots or dashes: phones and accounts. `compact` holds letters and digits alone. */
export function findSpaced(text: string, compact: string): { readonly at: number; readonly end: number } | undefined {
  if (!/^[a-z0-9]{6,64}$/.test(compact) || (compact.match(/\d/g)?.length ?? 0) < 6) return undefined;
  const pattern = new RegExp([...compact].join('[ .()/-]{0,2}'), 'g');
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    const plus = text[match.index - 1] === '+' ? 1 : 0;
    if (standsAlone(text, match.index - plus, end)) return { at: match.index, end };
  }
  return undefined;
}

const WORDS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty'.split(
    ' ',
  );

/** `1,500.00`, `1.500,00` and `1500` are one number. Undefined for what is no number, or reads two ways. */
export function readNumber(text: string): number | undefined {
  const word = WORDS.indexOf(text);
  if (word >= 0) return word;
  if (text.length > 18) return undefined;
  if (/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(text)) return Number(text.replaceAll(',', ''));
  if (/^[+-]?\d{1,3}(?:\.\d{3})+,\d+$/.test(text)) return Number(text.replaceAll('.', '').replace(',', '.'));
  if (/^[+-]?\d+,\d{1,2}$/.test(text)) return Number(text.replace(',', '.'));
  if (/^[+-]?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) return Number(text);
  return undefined;
}

export interface Found<T> {
  readonly value: T;
  readonly at: number;
  readonly end: number;
}

/** Numbers that stand alone in a folded text; a currency sign may stand beside one. */
export function numbersIn(text: string): Found<number>[] {
  const found: Found<number>[] = [];
  for (const match of text.matchAll(/(?<![\p{L}\p{N}_])(?:\d+(?:[.,]\d+)*|\p{L}{3,9})(?![\p{L}\p{N}_])/gu)) {
    const end = match.index + match[0].length;
    let at = match.index;
    if (/[$\u20ac\u00a3\u00a5]/.test(text[at - 1] ?? '')) at--;
    const signed = text[at - 1] === '-' && !isWord(text[at - 2]) ? -1 : 1;
    const number = readNumber(match[0]);
    if (number !== undefined && standsAlone(text, signed < 0 ? at - 1 : at, end))
      found.push({ value: signed * number, at, end });
  }
  return found;
}
