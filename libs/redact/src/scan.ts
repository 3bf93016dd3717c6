// One pass over a text: a table of character classes finds words, and only a word that may matter costs a second look.
import { decodeBase64, decodeHex } from './decode.ts';
import type { NameTable } from './names.ts';
import { isPrivateDer, maskUrl, privateKeyEnd, vendorEnd } from './shapes.ts';
import { maskNamed, type Scan } from './values.ts';

const BREAK = 0;
const ATOM = 1;
const DOT = 2;
const BLOB = 3;
const ESCAPE = 4;
const COLON = 5;
const AT = 6;

const KINDS = new Uint8Array(128);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-')
  KINDS[letter.charCodeAt(0)] = ATOM;
for (const [letters, kind] of [
  ['.', DOT],
  ['+/', BLOB],
  ['%\\&\u001b', ESCAPE],
  [':', COLON],
  ['@', AT],
] as const)
  for (const letter of letters) KINDS[letter.charCodeAt(0)] = kind;

/** Three letters of which each name that matters holds some; a word without any is passed over. */
const STEMS =
  'pas pwd wor sec tok key aut cre coo ses sid jwt sig otp bea bas neg dig dpo ssw oau ntl haw spl zoh sas hma psk pep mne see rec con ass sam ' +
  'beg kty rsa cod sta tic sal acc non has inv ver pin cvv cvc pwr ken sen mot mag dev lic ide mac tot tkn log ott dat lar dgs shk kub doc htp pri usr gat';
const HITS = new Uint8Array(1 << 15);
for (const stem of STEMS.split(' '))
  HITS[((stem.charCodeAt(0) & 31) << 10) | ((stem.charCodeAt(1) & 31) << 5) | (stem.charCodeAt(2) & 31)] = 1;

const SHORTEST_TOKEN = 14;
const SHORTEST_BLOB = 16;
const LONGEST_NAME = 120;
const MOST_BLOB = 65_536;

export interface Depth {
  readonly names: NameTable;
  /** Whether a decoded text holds a secret; undefined when no deeper level may be looked into. */
  readonly holds: ((text: string) => boolean) | undefined;
}

export function scanText(text: string, depth: Depth): Scan {
  const scan: Scan = {
    text,
    names: depth.names,
    edits: [],
    escaped: false,
    structure: false,
    table: false,
    command: false,
    address: false,
    xmlKey: false,
  };
  const length = text.length;
  let word = -1;
  let blob = -1;
  let hit = 0;
  let gram = 0;
  let at = 0;
  while (at <= length) {
    let code = at < length ? text.charCodeAt(at) : 32;
    const kind = code < 128 ? KINDS[code] : BREAK;
    if (kind === ATOM) {
      if (word < 0) {
        word = at;
        hit = 0;
        gram = 0;
      }
      if (blob < 0) blob = at;
      do {
        gram = ((gram << 5) | (code & 31)) & 32767;
        hit |= HITS[gram] ?? 0;
        code = text.charCodeAt(++at);
      } while (code < 128 && KINDS[code] === ATOM);
      continue;
    }
    if (kind !== BLOB && blob >= 0) {
      if (at - blob >= SHORTEST_BLOB && depth.holds !== undefined) maskBlob(scan, blob, at, depth.holds);
      blob = -1;
    }
    if (kind !== DOT && word >= 0) {
      const jump = endWord(scan, word, at, hit);
      word = -1;
      if (jump > at) {
        at = jump;
        blob = -1;
        continue;
      }
    }
    if (kind === ESCAPE) scan.escaped = true;
    else if (kind === AT) scan.address = true;
    else if (kind === BLOB && blob < 0) blob = at;
    else if (kind === COLON && text.charCodeAt(at + 1) === 47 && text.charCodeAt(at + 2) === 47)
      maskUrl(text, at, scan.edits);
    at++;
  }
  return scan;
}

/** Looks at one word; answers where to read on when its value was masked. */
function endWord(scan: Scan, start: number, end: number, hit: number): number {
  const { text } = scan;
  if (text.charCodeAt(start) === 45) {
    const before = start === 0 ? 32 : text.charCodeAt(start - 1);
    if (before <= 34 || before === 39) scan.command = true;
  }
  const token = end - start >= SHORTEST_TOKEN ? endToken(scan, start, end) : 0;
  if (token !== 0) return token;
  if (hit === 0 || end - start > LONGEST_NAME) return hit === 0 ? 0 : keyOrLongName(scan, start, end);
  return keyOrName(scan, start, end);
}

function keyOrLongName(scan: Scan, start: number, end: number): number {
  // A name may hang at the end of a long run of dots and dashes.
  return keyOrName(scan, Math.max(start, end - 40), end);
}

function keyOrName(scan: Scan, start: number, end: number): number {
  const { text } = scan;
  const begin = text.startsWith('BEGIN', end - 5) ? privateKeyEnd(text, end - 5) : 0;
  if (begin !== 0) {
    let from = end - 5;
    while (from > start && text.charCodeAt(from - 1) === 45) from--;
    scan.edits.push(from, begin);
    return begin;
  }
  const whole = text.slice(start, end);
  let name = scan.names(whole);
  if (whole === 'kty') scan.structure = true;
  if (whole === 'RSAKeyValue') scan.xmlKey = true;
  if (name.strength < 2 && (text.charCodeAt(start - 1) === 32 || text.charCodeAt(start - 1) === 95)) {
    const before =
      /(?:api|access|secret|private|auth|account|signing|encryption|master|shared|recovery|verification|security|backup|seed|pass|connection|license|service|session) $/i.exec(
        text.slice(Math.max(0, start - 14), start),
      );
    if (before !== null && /^(?:keys?|code|phrase|string|word|token)$/i.test(whole)) name = scan.names('api_key');
  }
  if (name.strength === 0 && !name.parameter && !name.scheme) return 0;
  return maskNamed(scan, name, start, end);
}

/** A JWT or a provider's token, at the start of a word or after one of its separators. */
function endToken(scan: Scan, start: number, end: number): number {
  const { text } = scan;
  if (
    text.charCodeAt(start - 1) === 58 &&
    text.startsWith('AA', start) &&
    /(?:^|\D)\d{8,10}:$/.test(text.slice(Math.max(0, start - 12), start))
  ) {
    // A bot's number and its key.
    scan.edits.push(start, end);
    return end;
  }
  let dot = -2;
  for (let at = start; at < end - 11; at++) {
    if (at > start) {
      const before = text.charCodeAt(at - 1);
      if (before !== 45 && before !== 46 && before !== 95) continue;
    }
    if (text.charCodeAt(at) === 101 && text.startsWith('eyJ', at)) {
      if (dot !== -1 && dot < at) dot = text.indexOf('.', at);
      if (dot === -1 || dot >= end) {
        dot = -1;
      } else if (dot > at + 8) {
        const last =
          text.charCodeAt(end - 1) === 46 && text.charCodeAt(end - 2) !== 46 && !text.startsWith('..', dot)
            ? end - 1
            : end;
        scan.edits.push(at, last);
        return end;
      }
    }
    const vendor = vendorEnd(text, at);
    if (vendor !== 0) {
      scan.edits.push(at, vendor);
      return Math.max(vendor, end);
    }
  }
  return 0;
}

function maskBlob(scan: Scan, start: number, end: number, holds: (text: string) => boolean): void {
  const { text, edits } = scan;
  let to = end;
  while (to < end + 2 && text.charCodeAt(to) === 61) to++;
  if (isPrivateDer(text, start, end)) {
    edits.push(start, derEnd(text, to));
    return;
  }
  if (end - start > MOST_BLOB) {
    // Too long to look into, and bulk in any case (RD9).
    if (decodeBase64(text, start, start + 64) !== undefined || text.indexOf(' ', start) === -1) edits.push(start, to);
    return;
  }
  const digits = text.startsWith('0x', start) ? start + 2 : start;
  const hex = decodeHex(text, digits, end);
  if (hex !== undefined && holds(hex)) {
    edits.push(start, to);
    return;
  }
  const whole = decodeBase64(text, start, end);
  if (whole !== undefined && holds(whole)) {
    edits.push(start, to);
    return;
  }
  // Behind a path or a prefix a blob may begin later.
  for (let at = start, tried = 0; at < end - SHORTEST_BLOB && tried < 4; at++) {
    const code = text.charCodeAt(at);
    if (code !== 47 && code !== 45 && code !== 95) continue;
    tried++;
    const inner = decodeBase64(text, at + 1, end);
    if (inner !== undefined && holds(inner)) {
      edits.push(at + 1, to);
      return;
    }
  }
}

/** A key without its armour may go on over further lines of base64. */
function derEnd(text: string, from: number): number {
  const line = /(?:\r?\n|\\n)[A-Za-z0-9+/]{16,128}={0,2}(?=\s|\\|"|$)/y;
  let end = from;
  for (line.lastIndex = end; line.test(text); line.lastIndex = end) end = line.lastIndex;
  return end;
}
