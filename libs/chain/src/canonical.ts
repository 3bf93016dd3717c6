// RFC 8785 (JSON Canonicalization Scheme): one text for one value, so that a digest of it means something.
import { ChainError } from './chain-error.ts';

const MOST_DEPTH = 64;

/** The RFC 8785 text of plain JSON data. Throws `ChainError('not_json' | 'lone_surrogate' | 'too_deep')`. */
export function canonicalize(value: unknown, depth = 0): string {
  if (depth > MOST_DEPTH) throw new ChainError('too_deep', `deeper than ${MOST_DEPTH} levels`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new ChainError('not_json', 'a number that is not finite');
    return JSON.stringify(value);
  }
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalize(item, depth + 1)).join(',')}]`;
  if (typeof value !== 'object' || !isPlain(value)) throw new ChainError('not_json', `a value of type ${typeof value}`);
  const members = Object.keys(value)
    .sort()
    .map((key) => `${text(key)}:${canonicalize((value as Record<string, unknown>)[key], depth + 1)}`);
  return `{${members.join(',')}}`;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function text(value: string): string {
  if (!value.isWellFormed()) throw new ChainError('lone_surrogate', 'a string that is not well formed');
  return JSON.stringify(value);
}
