// Knows the structures in which one value names another: pairs, raw headers, arguments, `{ name, value }`, columns and rows (RD6).
import { looksLikeGrant } from './looks.ts';
import { type NameTable, STRONG } from './names.ts';

const NAMING =
  /^(?:name|key|header|header[_-]?name|k|field|field[_-]?name|variable|param|parameter|property|attribute|label|option|setting)$/i;
const VALUED =
  /^(?:(?:header|field|param)[_-]?value|value|val|v|values|content|contents|data|text|default|defaultvalue|current|raw|secret|string|rows|records|body)$/i;
const COLUMNS = /^(?:columns|fields|headers|header|names|keys|cols|columnnames)$/i;
const ROWS = /^(?:rows|values|data|records)$/i;
const HEADER = /^(?:host|accept|user-agent|content-type|content-length|connection|origin|referer)$/i;
const NAME = /^-{0,2}[\w.-]{2,80}$/;
/** A key pair in JSON (RFC 7518) keeps its private numbers under one letter each. */
const PRIVATE_NUMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

export function isNaming(name: string): boolean {
  return NAMING.test(name) || name === 'kty' || name === 'path';
}

export function isValued(name: string): boolean {
  return VALUED.test(name) || PRIVATE_NUMBERS.includes(name);
}

/** `{ name: 'Authorization', value: … }` and its kin, steps of a JSON Patch (RFC 6902), and JSON Web Keys. */
export function namedSecret(names: readonly string[], read: (name: string) => unknown, judge: NameTable): boolean {
  const patch = names.includes('op');
  for (const key of names) {
    if (key === 'kty') return true;
    const pointer = patch && key === 'path';
    if (!pointer && !NAMING.test(key)) continue;
    const told = read(key);
    const name = pointer && typeof told === 'string' ? told.slice(told.lastIndexOf('/') + 1) : told;
    if (typeof name === 'string' && name.length <= 120 && judge(name).strength === STRONG && NAME.test(name))
      return true;
  }
  return false;
}

export interface Columns {
  /** The field that holds the rows. */
  readonly rows: string;
  readonly at: ReadonlySet<number>;
}

/** `{ columns: ['user', 'password'], rows: [['ann', …]] }`, and two lists side by side. */
export function columnsOf(
  names: readonly string[],
  read: (name: string) => unknown,
  judge: NameTable,
): Columns | undefined {
  const rows = names.find((name) => ROWS.test(name));
  const heads = rows === undefined ? undefined : names.find((name) => COLUMNS.test(name));
  if (rows === undefined || heads === undefined) return undefined;
  const list = read(heads);
  if (!Array.isArray(list)) return undefined;
  const at = new Set<number>();
  for (const [index, item] of list.entries()) {
    const name: unknown =
      typeof item === 'object' && item !== null ? Object.getOwnPropertyDescriptor(item, 'name')?.value : item;
    if (typeof name === 'string' && judge(name).strength === STRONG) at.add(index);
  }
  return at.size === 0 ? undefined : { rows, at };
}

/** Whether the item at this place is named by the one before it. */
export function pairSecret(items: readonly unknown[], index: number, judge: NameTable, query: boolean): boolean {
  const before = index > 0 ? items[index - 1] : undefined;
  const item = items[index];
  if (typeof before !== 'string' || !NAME.test(before)) return false;
  const name = judge(before.replace(/^--?/, ''));
  if (query && index === 1 && items.length === 2 && name.parameter && typeof item === 'string')
    return looksLikeGrant(item) || name.strength === STRONG;
  if (name.strength !== STRONG) return false;
  if (typeof item === 'string' && judge(item).strength === STRONG && !/\d/.test(item)) return false;
  if (before.startsWith('-')) return typeof item !== 'string' || !item.startsWith('--');
  // A list of the names of fields names nothing.
  const plain = typeof item === 'string' && /^[A-Za-z_]{1,20}$/.test(item);
  if (items.length > 2 && plain && !items.some((each) => typeof each === 'string' && HEADER.test(each))) return false;
  // Raw headers and pairs name at even places.
  return index % 2 === 1 && items.length % 2 === 0;
}
