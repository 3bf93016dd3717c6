// Masks the secrets of one text: the scan, its slower looks, the decoded forms, and again until nothing changes (RD6, RD7, RD11).
import { maskCommands } from './commands.ts';
import { decodeEscapes } from './decode.ts';
import type { KnownSecrets } from './known.ts';
import { isPlaceholder } from './looks.ts';
import type { NameTable } from './names.ts';
import { scanText } from './scan.ts';
import { maskInsert, maskTable } from './tables.ts';
import { MARK, type Scan } from './values.ts';

const LEVELS = 3;
const MOST_ROUNDS = 4;
const MOST_JSON = 65_536;
const DSN =
  /(?<![\w/:@.-])[\w.-]{1,60}:([^\s:@/"'`<>]{4,200})@(?=(?:tcp|unix)?\(|[a-z][\w-]{0,60}[.:/\s]|localhost|\d{1,3}\.\d)(?!sha\d)/gi;
const XML_KEY = /<(?:P|Q|DP|DQ|InverseQ|D)>([^<]{1,2000})(?=<)/g;
const ORACLE =
  /(?:\bsqlplus|\bexpdp|\bimpdp|\brman\s{1,4}target)\s{1,4}(?:-\w{1,4}\s{1,4}){0,3}[\w.]{1,60}\/([^\s@"']{1,200})@/gi;

/** A line of a cookie file: domain, whether below it, path, whether by TLS only, when it ends, name, value. */
const COOKIE_LINE =
  /^(?:#HttpOnly_)?[^\t\r\n#]{1,255}\t(?:TRUE|FALSE)\t[^\t\r\n]{1,500}\t(?:TRUE|FALSE)\t\d{1,12}\t[^\t\r\n]{1,200}\t([^\t\r\n]{1,4096})/gm;
const IDENTIFIED =
  /\bIDENTIFIED[ \t]{1,4}(?:WITH[ \t]{1,4}[\w"'`]{1,60}[ \t]{1,4})?(?:BY|AS)[ \t]{1,4}(?:PASSWORD[ \t]{1,4})?["']([^"'\r\n]{1,2000})/gi;
/** A signed link of ours: the rest of its query says for what it is. */
const SIGNED = /\/signed\/[^\s"'`<>\\]{1,600}?[?&]s=([\w-]{43})(?![\w-])/g;

export interface TextRules {
  readonly names: NameTable;
  readonly known: KnownSecrets | undefined;
  /** Masks a parsed JSON value; undefined when nothing in it was secret. */
  readonly json: (value: unknown, level: number) => string | undefined;
}

function addMatches(pattern: RegExp, text: string, edits: number[]): void {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const value = match[1] ?? '';
    const from = match.index + match[0].lastIndexOf(value);
    if (value !== MARK && !isPlaceholder(value)) edits.push(from, from + value.length);
  }
}

function lookSlowly(scan: Scan, edits: number[]): void {
  const { text } = scan;
  if (scan.table && text.includes('\n')) maskTable(text, scan.names, edits);
  if (scan.table && /values/i.test(text)) maskInsert(text, scan.names, edits);
  if (scan.xmlKey) addMatches(XML_KEY, text, edits);
  if (scan.command) maskCommands(text, edits);
  if (text.includes('E\t')) addMatches(COOKIE_LINE, text, edits);
  if (text.includes('DENTIFIED') || text.includes('dentified')) addMatches(IDENTIFIED, text, edits);
  if (text.includes('/signed/')) addMatches(SIGNED, text, edits);
  if (scan.address) {
    if (text.includes(':')) addMatches(DSN, text, edits);
    addMatches(ORACLE, text, edits);
  }
}

/** The ranges to mask in a text, those of its decoded form among them. */
function findEdits(text: string, rules: TextRules, level: number): { edits: number[]; scan: Scan } {
  const holds = level < LEVELS ? (inner: string): boolean => holdsSecret(inner, rules, level + 1) : undefined;
  const scan = scanText(text, { names: rules.names, holds });
  const { edits } = scan;
  lookSlowly(scan, edits);
  rules.known?.find(text, edits);
  const decoded = scan.escaped && level < LEVELS ? decodeEscapes(text) : undefined;
  if (decoded !== undefined) {
    const inner = findEdits(decoded.text, rules, level + 1).edits;
    for (let i = 0; i < inner.length; i += 2) {
      const from = decoded.from[inner[i] ?? 0] ?? 0;
      const to = decoded.from[inner[i + 1] ?? 0] ?? text.length;
      // A mark in the decoded text is one in the encoded text too.
      if (!coversMark(decoded.text, inner[i] ?? 0, inner[i + 1] ?? 0)) edits.push(from, to);
    }
  }
  return { edits, scan };
}

function coversMark(text: string, from: number, to: number): boolean {
  return to - from === MARK.length && text.startsWith(MARK, from);
}

function holdsSecret(text: string, rules: TextRules, level: number): boolean {
  const { edits, scan } = findEdits(text, rules, level);
  for (let i = 0; i < edits.length; i += 2) if (!coversMark(text, edits[i] ?? 0, edits[i + 1] ?? 0)) return true;
  return scan.structure && maskJson(text, rules, level) !== undefined;
}

function maskJson(text: string, rules: TextRules, level: number): string | undefined {
  const first = text.trimStart()[0];
  if ((first !== '{' && first !== '[') || text.length > MOST_JSON || level >= LEVELS) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return rules.json(value, level);
}

function apply(text: string, edits: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (let i = 0; i < edits.length; i += 2) ranges.push([edits[i] ?? 0, edits[i + 1] ?? 0]);
  ranges.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let out = '';
  let done = 0;
  for (const [from, to] of ranges) {
    if (to <= done) continue;
    // Ranges that touch or overlap share one mark.
    out += from < done ? '' : text.slice(done, from) + MARK;
    done = to;
  }
  return out + text.slice(done);
}

function once(text: string, rules: TextRules, level: number): string {
  const { edits, scan } = findEdits(text, rules, level);
  const masked = scan.structure ? maskJson(text, rules, level) : undefined;
  if (masked !== undefined) return masked;
  return edits.length === 0 ? text : apply(text, edits);
}

/** Masks a text. The result is a fixed point: a text that never settles becomes one mark. */
export function maskText(input: string, rules: TextRules, level = 0): string {
  let text = input;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = once(text, rules, level);
    if (next === text) return text;
    text = next;
  }
  return once(text, rules, level) === text ? text : MARK;
}
