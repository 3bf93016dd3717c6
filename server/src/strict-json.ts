// JSON as I-JSON (RFC 7493): UTF-8 without lone surrogates, no name twice in one object; besides, no NUL, no name that reaches a
// prototype, and a depth cap. A reader that keeps one of two equal names is how one field is checked and the other used.
import { fault } from './errors.ts';

export const MOST_JSON_BYTES = 1024 * 1024;
const MOST_DEPTH = 32;
const FORBIDDEN: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const decoder = new TextDecoder('utf-8', { fatal: true });

function refuse(message: string): never {
  throw fault('invalid_request', { fields: [{ path: '', message }] });
}

/** The value of a JSON text, or undefined for an empty one. Throws `invalid_request`. */
export function parseStrictJson(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  let text = '';
  try {
    text = decoder.decode(bytes);
  } catch {
    refuse('the body is not UTF-8');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse('the body is not JSON');
  }
  // The text is JSON by now, so the scan below need not check its grammar.
  scan(text);
  return value;
}

function scan(text: string): void {
  /** One entry a level: the names seen so far, or undefined in an array. */
  const levels: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '{' || sign === '[') {
      if (levels.push(sign === '{' ? new Set() : undefined) > MOST_DEPTH) refuse(`nested deeper than ${MOST_DEPTH}`);
    } else if (sign === '}' || sign === ']') levels.pop();
    else if (sign === '"') {
      const end = endOfString(text, at);
      let next = end;
      while (/[ \t\r\n]/.test(text[next] ?? '')) next++;
      judge(JSON.parse(text.slice(at, end)) as string, text[next] === ':' ? levels.at(-1) : undefined);
      at = end - 1;
    }
  }
}

/** Position after the closing quote of the string that begins at `at`. */
function endOfString(text: string, at: number): number {
  let end = at + 1;
  while (text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
  return end + 1;
}

function judge(string: string, names: Set<string> | undefined): void {
  if (string.includes('\0')) refuse('a text holds NUL');
  if (!string.isWellFormed()) refuse('a text holds a lone surrogate');
  if (names === undefined) return;
  if (FORBIDDEN.has(string)) refuse(`the name ${string} is not accepted`);
  if (names.has(string)) refuse('a name stands twice in one object');
  names.add(string);
}
