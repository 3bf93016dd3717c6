// Finds where the value of a secret name begins and ends: after `=` and `:`, in quotes, pairs, elements, arguments and prose (RD6).
import { isPlaceholder, looksLikeGrant, looksNear, looksSecret, looksWeak } from './looks.ts';
import { type Name, type NameTable, PLAIN, STRONG } from './names.ts';

export const MARK = '[redacted]';

/** One scan of one text: what it found, and what a slower look may still find. */
export interface Scan {
  readonly text: string;
  readonly names: NameTable;
  /** Ranges to mask, as pairs of offsets. */
  readonly edits: number[];
  escaped: boolean;
  /** A secret name stood where only the structure around it tells what it names. */
  structure: boolean;
  table: boolean;
  command: boolean;
  address: boolean;
  xmlKey: boolean;
}

// Every quantifier is bounded or cannot start inside its own run, so no input makes these quadratic.
const AFTER = /(\\{1,7}["'][\])]?|["'`][\])]?|\])?(\*{0,2}[ \t]{0,8})(=>|->|:=|={1,3}|:|,|\||\(|\r?\n)?/y;
const SPACE = /\*{0,2}[ \t]{0,20}(?:\\?\r?\n[ \t]{1,40}(?![\w.-]{1,60}:|[-#]))?(?:!{1,2}[a-z]{1,20}[ \t]{1,4})?/y;
const OPEN = /[bru]{0,2}(\\{0,7}["'`])/y;
const BARE = /(?:[^\s,;&"'`<>\\)}\]]|[,;)}\]](?=[^\s,;:&"'<>)}\]\\{])(?![\w.-]{1,40}["']?\s?[=:])|\\(?!["'nrtu\\]))+/y;
const RUN = /[\w+/.~-]{1,512}={0,2}/y;
const TO_SPACE = /[^\s"'`\\<>]{1,4096}/y;
const LINE = /[^\r\n"'`\\]{1,8192}/y;
const PARAMETER = /[^&#\s"'`<>\\]{1,4096}/y;
const BLOCK = /[|>][-+]?\d?[ \t]{0,8}\r?\n/y;
const ARGUMENT = /[ \t]{1,4}(?:<<<[ \t]{0,4})?(?:"([^"\n]{1,2000})"?|'([^'\n]{1,2000})'?|([^\s"'-][^\s"']{0,2000}))/y;
const CREDENTIAL = /[ \t]{1,3}["']?([\w.~+/=:-]{8,4096})/y;
const PROSE =
  /[ \t]{1,3}(?:(?:is|was|to|of|as|with|value|are|equals|set to|header|used|received|provided|given|for \S{1,60} is)[ \t]{0,2}[:=]?[ \t]{1,3})?(["'`(<[]?)([^\s"'`<>()[\],;]{4,4096})/y;
/** `x-api-key;value`, as a table of two columns or a header list writes it. */
const TAIL = /;([\w.~+/=-]{16,4096})(?=$|[\s;,"'])/y;
const NEAR = /[\s|:;,=>~"'`()[\]{}<*+-]{1,24}(?:[A-Za-z]{1,12}[ \t:]{1,3}){0,2}["'`(<[]?([\w+/=~-]{16,512})/y;
const FAR = /(?: [A-Za-z][\w.@-]{0,30}){1,4}[ \t]?[:=][ \t]?["'`]?([^\s"'`<>,;]{6,512})/y;
const ELEMENT =
  /[^<>]{0,200}>(?:\s{0,20}(?:<!\[CDATA\[)?([^<\s](?:[^<\]]|\](?!\]>)){0,4095})(?=\]\]>|<)|([^\s<=]{1,4096})$)/y;
const ATTRIBUTES = /(?:\\{0,3}"[^"\r\n]{0,2000}"?(?:,[ \t]{0,3}[\w-]{1,40}=[^"\s,]{0,500})?){1,20}/y;
const WHOLE_LINE = /[^\r\n]{1,8192}/y;
const NAMED =
  /["'](?:[^<>\r\n]{0,120}?\bvalue["']?\s{0,3}[:=]\s{0,3}["']([^"'\r\n]{1,4096})|[^<>\r\n]{0,120}>\s{0,20}(?:<value>\s{0,20})?([^<\s][^<]{0,4095})|[^\r\n]{0,120}\r?\n(?:[\w-]{1,40}:[^\r\n]{0,200}\r?\n){0,3}\r?\n([^\r\n]{1,4096}))/y;
const FIELD = /[,;]?\s{1,3}(?:value|val|values)\s?[=:]\s?([^\s,;}\])"']{1,4096})/y;
const BLOCK_VALUE = /["'] \{[^{}]{0,200}?\b(?:default|value)\s{0,8}=\s{0,8}["']([^"'\r\n]{1,4096})/y;
const PLIST = /<\/\w{1,20}>\s{0,40}<\w{1,20}>\s{0,20}([^<]{1,4096})/y;
const PAIR = /\s{0,4}[bru]{0,2}(\\{0,7}["'`])/y;

function at(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

function mask(scan: Scan, from: number, to: number): number {
  if (to <= from) return 0;
  scan.edits.push(from, to);
  return to;
}

/** Masks the part of a match that its last defined group holds; the group ends the match but for a closing quote. */
function maskGroup(scan: Scan, match: RegExpExecArray, value: string): number {
  const from = match.index + match[0].lastIndexOf(value);
  return mask(scan, from, from + value.trimEnd().length);
}

/** The end of a quoted value: the same quote with the same number of backslashes. */
function quoteEnd(text: string, from: number, quote: string): number {
  let end = text.indexOf(quote, from);
  while (end > 0 && text[end - 1] === '\\' && text[end - 2] !== '\\') end = text.indexOf(quote, end + 1);
  return end === -1 ? text.length : end;
}

function balancedEnd(text: string, from: number): number {
  let depth = 0;
  for (let index = from; index < text.length && index < from + 8192; index++) {
    const mark = text[index];
    if (mark === '[' || mark === '{') depth++;
    else if ((mark === ']' || mark === '}') && --depth === 0) return index + 1;
    else if (mark === '\n' && text[index + 1] !== ' ' && text[index + 1] !== '\t') return index;
  }
  return Math.min(text.length, from + 8192);
}

/** A YAML block: all lines that are indented deeper than the name. */
function blockEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && /[ \t\r\n]/.test(text[end] ?? '')) {
    const next = text.indexOf('\n', end);
    if (next === -1) return text.length;
    end = next + 1;
  }
  return Math.max(from, end - 1);
}

function isProse(ahead: string): boolean {
  if (/^(?:Bearer|Basic|Token|Digest|Negotiate|ApiKey) /i.test(ahead)) return false;
  return /^[A-Za-z]{1,20}(?:[.!?,]?$|[.!?,]? [A-Za-z]{1,20}(?:[ .,;:!?]|$))/.test(ahead) && !/^\S{12,}$/.test(ahead);
}

function startsLine(text: string, start: number): boolean {
  const near = text.slice(Math.max(0, start - 24), start);
  const lead = near.slice(near.lastIndexOf('\n') + 1);
  if (lead.length === near.length && start > 24) return false;
  return /^[ \t]*(?:-[ \t]+|export[ \t]+|set[ \t]+|ENV[ \t]+|[<>*+][ \t]+|\$env:)?$/i.test(lead);
}

/** `Bearer` alone is no value: the word after it is. */
function withCredential(text: string, from: number, to: number): number {
  if (to - from > 12 || !/^(?:bearer|basic|token|digest|negotiate|apikey|dpop)$/i.test(text.slice(from, to))) return to;
  return to + (at(/\\?[ \t]{1,3}[^\s,;"'`<>]{6,4096}/y, text, to)?.[0].length ?? 0);
}

function bareEnd(text: string, from: number, start: number, name: Name, sep: string): number {
  if (name.line) {
    if (startsLine(text, start)) return from + (at(WHOLE_LINE, text, from)?.[0].trimEnd().length ?? 0);
    const value = at(LINE, text, from)?.[0].trimEnd() ?? '';
    // `Digest username="a", response="b"` goes on behind its own quotes.
    const more = value.endsWith('=') ? (at(ATTRIBUTES, text, from + value.length)?.[0].length ?? 0) : 0;
    return from + value.length + more;
  }
  if (startsLine(text, start)) {
    const line = at(LINE, text, from)?.[0].trimEnd() ?? '';
    const wide = sep === ':' || sep === '=' ? line : '';
    // Alone on its line, a value may hold commas and semicolons; with a second name there, it may not.
    const next = text[from + line.length];
    if (wide !== '' && !/[\s,;&][\w.-]{1,40}[=:]/.test(wide) && next !== '"' && next !== "'" && next !== '\\') {
      if (!/\s/.test(wide) || !/\s[A-Za-z]+\s[A-Za-z]+/.test(wide)) return from + (wide.match(/^\S+/)?.[0].length ?? 0);
      return from + wide.length;
    }
    if (wide !== '' && !/[=:]/.test(wide)) return from + (at(TO_SPACE, text, from)?.[0].length ?? 0);
  }
  return from + (at(BARE, text, from)?.[0].length ?? 0);
}

function afterSeparator(scan: Scan, name: Name, start: number, index: number, sep: string): number {
  const { text } = scan;
  const from = index + (at(SPACE, text, index)?.[0].length ?? 0);
  if (text.startsWith(MARK, from) && !name.line) return from + MARK.length;
  const open = at(OPEN, text, from);
  const inner = open === null ? from : from + open[0].length;
  const end = open === null ? 0 : quoteEnd(text, inner, open[1] ?? '"');
  if (name.strength !== STRONG) {
    // The run ends where the next name could stand, so that many weak names are read once.
    const value = at(RUN, text, inner)?.[0] ?? '';
    return looksWeak(value, name.session) ? mask(scan, inner, inner + value.length) : 0;
  }
  if (open !== null) return isPlaceholder(text.slice(inner, Math.min(end, inner + 64))) ? 0 : mask(scan, inner, end);
  const first = text[from];
  if (first === '[' || first === '{') {
    scan.structure = true;
    // Inside JSON the structure is walked, and stays JSON.
    if (text[0] === '{' || text[0] === '[') return 0;
    const end = balancedEnd(text, from);
    // `type Token = { … }` declares; a block is a value when one of its strings has a digit.
    const data =
      first === '[' || name.line || /["'`][^"'`\s]{0,200}\d/.test(text.slice(from, Math.min(end, from + 2048)));
    return data ? mask(scan, from, end) : 0;
  }
  const block = first === '|' || first === '>' ? at(BLOCK, text, from) : null;
  if (block !== null) return mask(scan, from, blockEnd(text, from + block[0].length));
  if (from > index && sep === ':' && isProse(text.slice(from, from + 48))) return 0;
  const to = withCredential(text, from, bareEnd(text, from, start, name, sep));
  const value = text.slice(from, to);
  if (value === '' || isPlaceholder(value.replace(/[;:,)\]}!.]{1,8}$/, ''))) return 0;
  return mask(scan, from, to);
}

function afterParameter(scan: Scan, name: Name, index: number): number {
  const value = at(PARAMETER, scan.text, index)?.[0] ?? '';
  if (value === '' || value === MARK || isPlaceholder(value)) return 0;
  return name.strength === STRONG || looksLikeGrant(value) ? mask(scan, index, index + value.length) : 0;
}

/** `("Authorization", "Bearer …")`: in the middle of a list the value must look like a secret. */
function afterComma(scan: Scan, name: Name, start: number, index: number): number {
  const { text } = scan;
  const open = at(PAIR, text, index);
  if (open === null) return 0;
  scan.structure = true;
  const from = index + open[0].length;
  const end = quoteEnd(text, from, open[1] ?? '"');
  const value = text.slice(from, Math.min(end, from + 4096));
  if (value === MARK || scan.names(value).strength === STRONG) return 0;
  if (name.strength !== STRONG) return looksNear(value) || looksWeak(value, name.session) ? mask(scan, from, end) : 0;
  const first = /[([]\s{0,4}[bru]{0,2}\\{0,7}["'`]$/.test(text.slice(Math.max(0, start - 16), start));
  const argument = text[start] === '-';
  const telling = looksSecret(value) || /^(?:Bearer|Basic|Token) \S/i.test(value);
  return first || argument || telling ? mask(scan, from, end) : 0;
}

function afterSpace(scan: Scan, name: Name, start: number, end: number): number {
  const { text } = scan;
  if (name.scheme) {
    const value = at(CREDENTIAL, text, end)?.[1];
    if (value !== undefined && (/[\d=+/]/.test(value) || value.length > 19) && !value.includes('://')) {
      const from = text.indexOf(value, end);
      return looksSecret(value) || /[=+/]/.test(value) || value.length > 19 ? mask(scan, from, from + value.length) : 0;
    }
  }
  if (name.strength !== STRONG) return 0;
  if (text[start] === '-') {
    const match = at(ARGUMENT, text, end);
    const value = match?.[1] ?? match?.[2] ?? match?.[3] ?? '';
    return match === null || value === MARK || isPlaceholder(value) ? 0 : maskGroup(scan, match, value);
  }
  const match = at(PROSE, text, end);
  const value = (match?.[2] ?? '').replace(/[.!?:]+$/, '');
  if (match === null || !looksSecret(value) || value.startsWith('--')) return 0;
  const from = match.index + match[0].length - (match[2] ?? '').length;
  return mask(scan, from, from + value.length);
}

/** A random run a few words behind the name, or a value behind `password for ann:`. */
function nearby(scan: Scan, end: number): number {
  const { text } = scan;
  const run = at(NEAR, text, end);
  const value = run?.[1] ?? '';
  if (run !== null && looksNear(value))
    return mask(scan, run.index + run[0].length - value.length, run.index + run[0].length);
  const far = at(FAR, text, end);
  const told = (far?.[1] ?? '').replace(/[.!?:]+$/, '');
  if (far === null || !looksSecret(told)) return 0;
  const from = far.index + far[0].length - (far[1] ?? '').length;
  return mask(scan, from, from + told.length);
}

/** Masks what a secret name names; answers where to read on, or 0. */
export function maskNamed(scan: Scan, name: Name, start: number, end: number): number {
  const direct = maskDirect(scan, name, start, end);
  return direct === 0 && name.strength === STRONG ? nearby(scan, end) : direct;
}

function maskDirect(scan: Scan, name: Name, start: number, end: number): number {
  const { text } = scan;
  const match = at(AFTER, text, end);
  const close = match?.[1] ?? '';
  const gap = match?.[2] ?? '';
  const sep = match?.[3] ?? '';
  const next = end + (match?.[0].length ?? 0);
  const before = text[start - 1] ?? '';
  if (sep.endsWith('\n') || sep === ',' || sep === '|' || gap.includes('\t') || text[end] === ')' || text[end] === ';')
    scan.table = true;
  if (close !== '' && close !== ']' && !/[:=>]$/.test(sep)) scan.structure = true;
  if (before === '?' || before === '&' || before === '#' || before === ';' || before === '[') {
    const jump = sep === '=' ? afterParameter(scan, name, next) : 0;
    if (jump !== 0) return jump;
  }
  const tail = text[end] === ';' && name.strength === STRONG ? at(TAIL, text, end) : null;
  if (tail !== null && looksSecret(tail[1] ?? '')) return mask(scan, end + 1, end + tail[0].length);
  if (name.strength === PLAIN && !name.scheme) return 0;
  if (before === '<' || (before === ':' && /<[\w.-]{1,40}:$/.test(text.slice(Math.max(0, start - 42), start)))) {
    const value = name.strength === STRONG ? at(ELEMENT, text, end) : null;
    if (value !== null && !text.slice(end, end + 200).startsWith('/>')) {
      const inner = value[1] ?? value[2] ?? '';
      return inner.trim() === '' || inner === MARK || isPlaceholder(inner.trim()) ? 0 : maskGroup(scan, value, inner);
    }
  }
  const special = name.strength === STRONG ? markup(scan, start, end, close) : 0;
  if (special !== 0) return special;
  if (sep === ',' && close !== '') return afterComma(scan, name, start, next);
  if (sep === ',') return 0;
  if (sep === '(' || sep === '|' || gap.includes('\t')) return cell(scan, name, next);
  if (sep !== '' && !sep.endsWith('\n')) return afterSeparator(scan, name, start, next, sep);
  return close === '' && gap !== '' ? afterSpace(scan, name, start, end) : 0;
}

function cell(scan: Scan, name: Name, index: number): number {
  const match = name.strength === STRONG ? at(/\s{0,20}["'`]?([^\s"'`|,()]{6,4096})/y, scan.text, index) : null;
  return match !== null && looksSecret(match[1] ?? '') ? maskGroup(scan, match, match[1] ?? '') : 0;
}

/** `name="password" value="…"`, a multipart part, `<key>password</key><string>…`. */
function markup(scan: Scan, start: number, end: number, close: string): number {
  const { text } = scan;
  const before = text[start - 1] ?? '';
  if (before === '>') {
    const match = at(PLIST, text, end);
    if (match !== null && match[1] !== MARK) return maskGroup(scan, match, match[1] ?? '');
  }
  const lead = text.slice(Math.max(0, start - 16), start);
  const direct = at(/(?:name|key|header)=$/i.test(lead) ? FIELD : BLOCK_VALUE, text, end);
  if (direct !== null) return direct[1] === MARK ? 0 : maskGroup(scan, direct, direct[1] ?? '');
  if (close === '' || !/(?:name|key|header|id|k|type|variable|secret)["']?\s{0,3}[:=]\s{0,3}["']$/i.test(lead))
    return 0;
  const match = at(NAMED, text, end);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return match === null || value === undefined || value === MARK ? 0 : maskGroup(scan, match, value);
}
