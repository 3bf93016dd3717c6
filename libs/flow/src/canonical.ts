// One text for one value, so that a digest of it means something (R18, R29): members sorted, no spaces, numbers as JSON writes them.
import { createHash } from 'node:crypto';
import { FlowError } from './flow-error.ts';

const MOST_DEPTH = 40;
const MOST_CHARACTERS = 4_000_000;

/** The canonical text of plain JSON data. Throws `FlowError('not_json' | 'too_large')`. */
export function canonicalText(value: unknown): string {
  let size = 0;
  const write = (item: unknown, depth: number): string => {
    if (depth > MOST_DEPTH || size > MOST_CHARACTERS)
      throw new FlowError('too_large', 'The value is too large or too deep.');
    if (item === null || typeof item === 'boolean') return String(item);
    if (typeof item === 'string' || (typeof item === 'number' && Number.isFinite(item))) {
      const text = JSON.stringify(item);
      size += text.length;
      return text;
    }
    if (Array.isArray(item)) return `[${item.map((entry) => write(entry, depth + 1)).join(',')}]`;
    if (typeof item !== 'object') throw new FlowError('not_json', `A value of type ${typeof item} is no JSON.`);
    const prototype: unknown = Object.getPrototypeOf(item);
    if (prototype !== Object.prototype && prototype !== null)
      throw new FlowError('not_json', 'An object of a class is no JSON.');
    const members = Object.entries(item).filter(([, entry]) => entry !== undefined);
    members.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
    return `{${members.map(([key, entry]) => `${write(key, depth)}:${write(entry, depth + 1)}`).join(',')}}`;
  };
  return write(value, 0);
}

/** SHA-256 of the canonical text, in hex. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalText(value)).digest('hex');
}

export interface Leaf {
  /** `''` for the value itself, else `a.b[0].c`. */
  readonly path: string;
  readonly value: string | number | boolean | null;
  /** Path of the list entry that holds this leaf, or `''`. */
  readonly record: string;
  /** The path with `*` for each index. */
  readonly shape: string;
}

/** The scalars of a value; an empty list or object inside it counts as null, for its name says something too. Ends at `most`. */
export function leavesOf(value: unknown, most: number): { readonly leaves: readonly Leaf[]; readonly whole: boolean } {
  const leaves: Leaf[] = [];
  let whole = true;
  const visit = (item: unknown, path: string, record: string, shape: string, depth: number): void => {
    if (leaves.length >= most || depth > MOST_DEPTH) {
      whole = false;
    } else if (path !== '' && item !== null && typeof item === 'object' && Object.keys(item).length === 0) {
      leaves.push({ path, value: null, record, shape });
    } else if (Array.isArray(item)) {
      for (const [index, entry] of item.entries())
        visit(entry, `${path}[${index}]`, `${path}[${index}]`, `${shape}[*]`, depth + 1);
    } else if (item !== null && typeof item === 'object') {
      for (const [key, entry] of Object.entries(item))
        visit(entry, path === '' ? key : `${path}.${key}`, record, shape === '' ? key : `${shape}.${key}`, depth + 1);
    } else if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean' || item === null) {
      leaves.push({ path, value: item, record, shape });
    }
  };
  visit(value, '', '', '', 0);
  return { leaves, whole };
}
