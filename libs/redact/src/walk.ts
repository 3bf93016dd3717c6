// Walks a value of any shape and copies it with its secrets masked: key names and structures (RD6), bulk (RD9), errors (RD10).
import { types } from 'node:util';
import { contentTypeOf, digest, isBodyName, isBulk } from './bulk.ts';
import { secretArguments } from './commands.ts';
import { looksLikeGrant, looksWeak } from './looks.ts';
import { type Name, type NameTable, STRONG, WEAK } from './names.ts';
import { columnsOf, isNaming, isValued, namedSecret, pairSecret } from './structures.ts';
import { MARK } from './values.ts';

export interface WalkRules {
  readonly names: NameTable;
  readonly text: (text: string) => string;
  /** The most bytes a string may have. */
  readonly bulk: number;
  readonly keys: Map<string, KeyInfo>;
}

/** What the name of a field tells; the same few come again in every record, so they are kept. */
export interface KeyInfo {
  readonly name: Name;
  readonly clean: string;
  readonly body: boolean;
  /** Its fields are parameters of a request, among which more names are secret. */
  readonly query: boolean;
  readonly quiet: boolean;
  readonly naming: boolean;
  readonly valued: boolean;
}

interface Place {
  readonly secret: boolean;
  readonly body: boolean;
  readonly query: boolean;
  readonly depth: number;
}

const DEEPEST = 10;
const MOST_ITEMS = 1000;
const MOST_KEYS = 4096;
const LONGEST_KEY = 120;
const QUERY = /^(?:query|params|searchparams|queryparams|qs|querystring|form|formdata|fields|parameters)$/i;
/** What is told about a secret inside its own object. */
const QUIET =
  /^(?:id|type|kind|name|status|provider|version|alg|algorithm|kid|scopes?|created_?at|updated_?at|expires_?(?:at|in)|count)$/i;
const nativeStack = Object.getOwnPropertyDescriptor(new Error('stack'), 'stack')?.get;

function keyInfo(name: string, rules: WalkRules): KeyInfo {
  const known = rules.keys.get(name);
  if (known !== undefined) return known;
  const info: KeyInfo = {
    name: rules.names(name),
    clean: name.length > LONGEST_KEY ? MARK : rules.text(name),
    body: isBodyName(name),
    query: QUERY.test(name),
    quiet: QUIET.test(name),
    naming: isNaming(name),
    valued: isValued(name),
  };
  if (rules.keys.size >= MOST_KEYS) rules.keys.clear();
  if (name.length <= LONGEST_KEY) rules.keys.set(name, info);
  return info;
}

export function walk(value: unknown, rules: WalkRules): unknown {
  return visit(value, rules, { secret: false, body: false, query: false, depth: 0 }, new Set());
}

function visitText(text: string, rules: WalkRules, place: Place): unknown {
  if (place.secret) return text === '' ? text : MARK;
  if (isBulk(text, rules.bulk, place.body)) return digest(text, contentTypeOf(text));
  const masked = rules.text(text);
  // A mark may be longer than what it hides; a second pass must not find bulk where the first found none.
  return masked !== text && isBulk(masked, rules.bulk, place.body) ? digest(masked, contentTypeOf(masked)) : masked;
}

function visit(value: unknown, rules: WalkRules, place: Place, path: Set<object>): unknown {
  if (typeof value === 'string') return visitText(value, rules, place);
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'bigint') return value.toString();
    return typeof value === 'symbol' || typeof value === 'function' ? `[${typeof value}]` : value;
  }
  if (path.has(value)) return '[cyclic]';
  if (place.depth > DEEPEST) return '[too deep]';
  path.add(value);
  const out = Array.isArray(value) ? visitArray(value, rules, place, path) : visitObject(value, rules, place, path);
  path.delete(value);
  return out;
}

function visitObject(value: object, rules: WalkRules, place: Place, path: Set<object>): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null)
    return visitFields(value, Object.keys(value), rules, place, path);
  if (ArrayBuffer.isView(value)) {
    if (place.secret) return MARK;
    return digest(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), 'application/octet-stream');
  }
  if (types.isAnyArrayBuffer(value))
    return place.secret ? MARK : digest(new Uint8Array(value), 'application/octet-stream');
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL) return visitText(value.href, rules, place);
  if (types.isRegExp(value)) return visitText(String(value), rules, place);
  if (types.isStringObject(value)) return visitText(String.prototype.valueOf.call(value), rules, place);
  if (types.isSet(value)) return visitArray([...value], rules, place, path);
  if (types.isMap(value)) return visitArray([...value.entries()], rules, place, path);
  if (value instanceof Headers) return visitArray([...value.entries()], rules, place, path);
  if (value instanceof URLSearchParams || value instanceof FormData) {
    return visitArray([...value.entries()], rules, { ...place, query: true }, path);
  }
  const names = Object.keys(value);
  if (!types.isNativeError(value) && !(value instanceof Error)) return visitFields(value, names, rules, place, path);
  // These are own but not enumerable, and a library may hang a whole request on them.
  for (const name of ['message', 'stack', 'cause', 'errors'])
    if (Object.hasOwn(value, name) && !names.includes(name)) names.push(name);
  const fields = visitFields(value, names, rules, place, path);
  return Object.hasOwn(fields, 'name') ? fields : { name: visitText(errorName(value), rules, place), ...fields };
}

/** The nearest `name` on the prototype chain that is plain data. */
function errorName(error: object): string {
  for (let at: object | null = error; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const field = Object.getOwnPropertyDescriptor(at, 'name');
    if (field !== undefined) return typeof field.value === 'string' ? field.value : 'Error';
  }
  return 'Error';
}

/** The value of a field without calling any getter but V8's own, behind which it keeps the stack. */
function readField(value: object, name: string): unknown {
  const field = Object.getOwnPropertyDescriptor(value, name);
  if (field === undefined) return undefined;
  if (field.get === undefined && field.set === undefined) return field.value;
  return name === 'stack' && field.get !== undefined && field.get === nativeStack ? field.get.call(value) : '[getter]';
}

function visitFields(
  value: object,
  names: readonly string[],
  rules: WalkRules,
  place: Place,
  path: Set<object>,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const depth = place.depth + 1;
  const count = Math.min(names.length, MOST_ITEMS);
  let naming = false;
  let valued = false;
  for (let index = 0; index < count; index++) {
    const info = keyInfo(names[index] ?? '', rules);
    naming ||= info.naming;
    valued ||= info.valued;
  }
  const read = (name: string): unknown => readField(value, name);
  const named = naming && valued && namedSecret(names, read, rules.names);
  const columns = valued ? columnsOf(names, read, rules.names) : undefined;
  for (let index = 0; index < count; index++) {
    const key = names[index] ?? '';
    const info = keyInfo(key, rules);
    let content = readField(value, key);
    if (key === 'stack' && typeof content === 'string') content = content.slice(0, Math.floor(rules.bulk / 3));
    const secret = (place.secret && !info.quiet) || info.name.strength === STRONG || (named && info.valued);
    let seen: unknown;
    if (typeof content === 'string') {
      const hidden = secret || hides(info, content, place);
      seen = hidden
        ? content === ''
          ? content
          : MARK
        : visitText(content, rules, info.body ? { ...place, secret, body: true, depth } : PLAIN);
    } else if (typeof content === 'object' && content !== null) {
      const inner = { secret, body: info.body, query: info.query, depth };
      seen =
        columns !== undefined && columns.rows === key
          ? visitRows(content, columns.at, rules, inner, path)
          : visit(content, rules, inner, path);
    } else seen = visit(content, rules, PLAIN, path);
    // Assigning to this one name would set the prototype instead.
    if (info.clean === '__proto__')
      Object.defineProperty(out, info.clean, { value: seen, enumerable: true, writable: true, configurable: true });
    else out[info.clean] = seen;
  }
  return out;
}

const PLAIN: Place = { secret: false, body: false, query: false, depth: 0 };

function hides(info: KeyInfo, content: string, place: Place): boolean {
  if (place.query && info.name.parameter) return looksLikeGrant(content);
  return info.name.strength === WEAK && looksWeak(content, info.name.session);
}

function visitRows(rows: object, at: ReadonlySet<number>, rules: WalkRules, place: Place, path: Set<object>): unknown {
  if (!Array.isArray(rows)) return visit(rows, rules, place, path);
  const depth = place.depth + 1;
  return rows.slice(0, MOST_ITEMS).map((row: unknown, index) => {
    if (!Array.isArray(row)) return visit(row, rules, { ...place, secret: place.secret || at.has(index), depth }, path);
    return row.map((cell: unknown, column) =>
      visit(cell, rules, { ...place, secret: place.secret || at.has(column), depth: depth + 1 }, path),
    );
  });
}

function visitArray(items: readonly unknown[], rules: WalkRules, place: Place, path: Set<object>): unknown[] {
  const list = items.length > MOST_ITEMS ? items.slice(0, MOST_ITEMS) : items;
  const words =
    list.length > 1 && list.every((item) => typeof item === 'string') ? (list as readonly string[]) : undefined;
  const from = new Map(
    words === undefined ? [] : secretArguments(words).map((argument) => [argument.index, argument.from]),
  );
  const head = list[0];
  const columns =
    Array.isArray(head) && list.length > 1 && head.length > 1
      ? columnsOf(['columns', 'rows'], (name) => (name === 'columns' ? head : list.slice(1)), rules.names)
      : undefined;
  if (
    columns !== undefined &&
    !list.some((row) => Array.isArray(row) && pairSecret(row, 1, rules.names, place.query) && row.length === 2)
  ) {
    return [
      visit(head, rules, { ...place, depth: place.depth + 1 }, path),
      ...(visitRows(list.slice(1), columns.at, rules, place, path) as unknown[]),
    ];
  }
  return list.map((item, index) => {
    const start = from.get(index);
    if (start !== undefined && typeof item === 'string') return `${rules.text(item.slice(0, start))}${MARK}`;
    const hidden = place.secret || pairSecret(list, index, rules.names, place.query);
    return visit(item, rules, { ...place, secret: hidden, depth: place.depth + 1 }, path);
  });
}
