// Decodes what may hide a secret from the scanner (RD7): escapes with a map back to the text, base64 and hex as whole blobs.
import { isUtf8 } from 'node:buffer';

export interface Decoded {
  readonly text: string;
  /** For each character of the decoded text, and one past its end, the offset where it began in the encoded one. */
  readonly from: Uint32Array;
}

const ENTITIES: Readonly<Record<string, string>> = {
  quot: '"',
  amp: '&',
  apos: "'",
  lt: '<',
  gt: '>',
  nbsp: ' ',
  colon: ':',
  equals: '=',
  commat: '@',
  sol: '/',
};
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
};
const LONGEST_ENTITY = 10;
const LONGEST_ANSI = 24;

function hexAt(text: string, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i++) {
    const code = text.charCodeAt(i);
    const lower = code | 32;
    if (code >= 48 && code <= 57) value = value * 16 + code - 48;
    else if (lower >= 97 && lower <= 102) value = value * 16 + lower - 87;
    else return -1;
  }
  return value;
}

/** `[code, length]` of the escape at this offset packed as code * 64 + length; 0 when there is none; code 0xffff is nothing. */
function escapeAt(text: string, at: number, code: number): number {
  if (code === 37) {
    const value = hexAt(text, at + 1, 2);
    return value < 0 ? 0 : value * 64 + 3;
  }
  if (code === 92) {
    const next = text[at + 1] ?? '';
    if (next === 'u' || next === 'x') {
      const digits = next === 'u' ? 4 : 2;
      const value = hexAt(text, at + 2, digits);
      return value < 0 ? 0 : value * 64 + digits + 2;
    }
    const plain = ESCAPES[next];
    return plain === undefined ? 0 : plain.charCodeAt(0) * 64 + 2;
  }
  return code === 38 ? entityAt(text, at) : ansiAt(text, at);
}

function entityAt(text: string, at: number): number {
  let end = at + 1;
  while (end < at + LONGEST_ENTITY && end < text.length && text.charCodeAt(end) !== 59) end++;
  if (text.charCodeAt(end) !== 59) return 0;
  const name = text.slice(at + 1, end);
  const length = end - at + 1;
  if (name.startsWith('#')) {
    const hex = name[1] === 'x' || name[1] === 'X';
    const value = Number.parseInt(name.slice(hex ? 2 : 1), hex ? 16 : 10);
    return value > 0 && value < 0xffff ? value * 64 + length : 0;
  }
  const plain = ENTITIES[name];
  return plain === undefined ? 0 : plain.charCodeAt(0) * 64 + length;
}

function ansiAt(text: string, at: number): number {
  if (text.charCodeAt(at + 1) !== 91) return 0;
  let end = at + 2;
  while (end < at + LONGEST_ANSI && text.charCodeAt(end) < 64) end++;
  return end < text.length && end < at + LONGEST_ANSI ? 0xffff * 64 + end - at + 1 : 0;
}

/** Undoes one level of percent, `\u`, `\x`, JSON and HTML escapes and drops ANSI colours; undefined when there are none. */
export function decodeEscapes(text: string): Decoded | undefined {
  const codes = new Uint16Array(text.length);
  const from = new Uint32Array(text.length + 1);
  let size = 0;
  let changed = false;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const found = code === 37 || code === 92 || code === 38 || code === 27 ? escapeAt(text, at, code) : 0;
    if (found === 0) {
      codes[size] = code;
      from[size++] = at++;
      continue;
    }
    changed = true;
    const plain = Math.floor(found / 64);
    if (plain !== 0xffff) {
      codes[size] = plain;
      from[size++] = at;
    }
    at += found % 64;
  }
  if (!changed) return undefined;
  from[size] = text.length;
  return { text: Buffer.from(codes.buffer, 0, size * 2).toString('utf16le'), from: from.subarray(0, size + 1) };
}

const SIXTY_FOUR = new Int8Array(128).fill(-1);
for (const [index, letter] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  SIXTY_FOUR[letter.charCodeAt(0)] = index;
SIXTY_FOUR[45] = 62;
SIXTY_FOUR[95] = 63;

const readable = (byte: number): boolean => (byte >= 32 && byte < 127) || byte === 9 || byte === 10 || byte === 13;

/** Whether the first six bytes of a base64 text read as text, in ASCII or UTF-16: a cheap test that random ids fail. */
function startsReadable(text: string, at: number): boolean {
  let wide = 0;
  for (let group = at; group < at + 8; group += 4) {
    let bits = 0;
    for (let i = group; i < group + 4; i++) {
      const code = text.charCodeAt(i);
      const value = code < 128 ? (SIXTY_FOUR[code] ?? -1) : -1;
      if (value < 0) return false;
      bits = (bits << 6) | value;
    }
    for (const byte of [bits >> 16, (bits >> 8) & 255, bits & 255]) {
      if (byte === 0) wide++;
      else if (!readable(byte)) return false;
    }
  }
  return wide === 0 || wide === 3;
}

// Control characters speak against text; the rest is judged by the scanner.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f]/;

function textOf(bytes: Buffer): string | undefined {
  if (bytes.length > 3 && bytes[1] === 0 && bytes[3] === 0) {
    const wide = bytes.toString('utf16le');
    return CONTROL.test(wide) ? undefined : wide;
  }
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  return CONTROL.test(text) ? undefined : text;
}

/** The text that a base64 or base64url blob holds, if it holds text. */
export function decodeBase64(text: string, start: number, end: number): string | undefined {
  return startsReadable(text, start) ? textOf(Buffer.from(text.slice(start, end), 'base64')) : undefined;
}

/** The text that a run of hex digits holds, if it holds text. */
export function decodeHex(text: string, start: number, end: number): string | undefined {
  if ((end - start) % 2 !== 0) return undefined;
  for (let at = start; at < start + 12; at += 2) {
    const byte = hexAt(text, at, 2);
    if (byte < 0 || !readable(byte)) return undefined;
  }
  const blob = text.slice(start, end);
  return /^[0-9a-fA-F]+$/.test(blob) ? textOf(Buffer.from(blob, 'hex')) : undefined;
}
