// Walks a value of any shape and copies it with its secrets masked: key names and structures (RD6), bulk (RD9), errors (RD10).
import { createHash } from 'node:crypto';
import { isSecretKey } from './keys.ts';

export interface WalkRules {
  readonly text: (text: string) => string;
  readonly bulk: number;
  readonly mark: string;
}

const DEEPEST = 10;
const MOST_ITEMS = 1000;
const DOCUMENT = /^\s{0,20}(?:<!doctype|<html|<\?xml|%PDF-)/i;

function contentType(text: string): string {
  if (/^\s{0,20}<(?:!doctype html|html)/i.test(text)) return 'text/html';
  if (text.startsWith('%PDF-')) return 'application/pdf';
  if (/^\s{0,20}<\?xml/.test(text)) return 'application/xml';
  return /^\s{0,20}[[{]/.test(text) ? 'application/json' : 'text/plain';
}

function digest(body: string | Uint8Array, type: string): Record<string, unknown> {
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  return { bytes, sha256: createHash('sha256').update(body).digest('hex'), contentType: type };
}

export function walk(value: unknown, rules: WalkRules): unknown {
  return visit(value, rules, false, 0, new Set());
}

function visit(value: unknown, rules: WalkRules, secret: boolean, depth: number, path: Set<object>): unknown {
  if (typeof value === 'string') {
    if (secret) return rules.mark;
    if (value.length > rules.bulk || DOCUMENT.test(value)) return digest(value, contentType(value));
    return rules.text(value);
  }
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'symbol' || typeof value === 'function') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (path.has(value)) return '[cyclic]';
  if (depth > DEEPEST) return '[too deep]';
  path.add(value);
  const out = visitObject(value, rules, secret, depth, path);
  path.delete(value);
  return out;
}

function visitObject(value: object, rules: WalkRules, secret: boolean, depth: number, path: Set<object>): unknown {
  if (value instanceof Uint8Array) return secret ? rules.mark : digest(value, 'application/octet-stream');
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL) return secret ? rules.mark : rules.text(value.href);
  if (value instanceof Set) return visitArray([...value], rules, secret, depth, path);
  if (value instanceof Map || value instanceof Headers || value instanceof URLSearchParams) {
    return visitArray([...value.entries()], rules, secret, depth, path);
  }
  if (Array.isArray(value)) return visitArray(value, rules, secret, depth, path);
  const fields: Record<string, unknown> = {};
  const names = new Set(Object.keys(value));
  if (value instanceof Error) {
    fields['name'] = rules.text(String(value.name));
    // These are own but not enumerable, and a library may hang a whole request on them.
    for (const name of ['message', 'stack', 'cause', 'errors']) if (Object.hasOwn(value, name)) names.add(name);
  }
  const named = nameOf(value);
  for (const name of [...names].slice(0, MOST_ITEMS)) {
    const field = Object.getOwnPropertyDescriptor(value, name);
    if (field === undefined) continue;
    const clean = name.length > 120 ? rules.mark : rules.text(name);
    const hidden = secret || isSecretKey(name) || (named && /^(?:value|val|v|values)$/i.test(name));
    const isStack = name === 'stack' && typeof field.value === 'string';
    const content: unknown = isStack ? String(field.value).slice(0, rules.bulk) : field.value;
    // V8 keeps the stack of an error behind an accessor of its own; no getter is called, so it may be missing.
    const seen = 'value' in field ? visit(content, rules, hidden, depth + 1, path) : '[getter]';
    Object.defineProperty(fields, clean, { value: seen, enumerable: true, writable: true, configurable: true });
  }
  return fields;
}

/** `{ name: 'Authorization', value: … }` and its kin. */
function nameOf(value: object): boolean {
  for (const key of ['name', 'key', 'header', 'k', 'field']) {
    const name: unknown = Object.getOwnPropertyDescriptor(value, key)?.value;
    if (typeof name === 'string' && isSecretKey(name)) return true;
  }
  return false;
}

function visitArray(
  items: readonly unknown[],
  rules: WalkRules,
  secret: boolean,
  depth: number,
  path: Set<object>,
): unknown[] {
  return items.slice(0, MOST_ITEMS).map((item, index) => {
    const before = index > 0 ? items[index - 1] : undefined;
    let hidden = secret;
    if (typeof before === 'string' && isSecretKey(before.replace(/^--?/, '')) && /^[\w.-]{2,80}$/.test(before)) {
      // Raw headers and pairs name at even places; an argument names wherever it starts with a dash.
      const pair = index % 2 === 1 && items.length % 2 === 0;
      const another = typeof item === 'string' && isSecretKey(item);
      hidden ||= (before.startsWith('-') || pair) && !another;
    }
    return visit(item, rules, hidden, depth + 1, path);
  });
}
