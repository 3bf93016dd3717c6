// The typed tag: computes from its placeholders whether a statement names the tenant. A tenant scope accepts no other kind.
// The type sees that a wall is there, not that it is the right one: the parser gate in the tests sees that.
import type { Sealed } from './content.ts';

declare const made: unique symbol;
/** Types keep out look-alikes: an object of the same shape that did not come from a scope or from the tag. */
interface Made {
  readonly [made]: true;
}

/** The tenant as a predicate (`r.tenant_id = $1`) or as a value (`$1`, inserts only). Made by a scope alone. */
export interface Wall extends Made {
  readonly kind: 'mine' | 'value';
  readonly alias: string;
  readonly tenantId: string;
}

/** A value bound as a parameter of type jsonb: an array bound plainly would become a Postgres array. */
export interface JsonParameter {
  readonly kind: 'json';
  readonly value: unknown;
}

export type Scalar = string | number | bigint | boolean | Date | Uint8Array | null;
export type Value = Scalar | readonly Scalar[] | JsonParameter | Sealed;
export type StatementKind = 'walled' | 'open';

export interface Statement<K extends StatementKind = StatementKind> extends Made {
  readonly kind: 'statement';
  readonly strings: readonly string[];
  readonly parts: readonly Part[];
  readonly walled: K;
}

export type Part = Value | Wall | Statement;

/** Each element is tested by itself: a union of a wall and something else is no wall. */
type HasWall<P extends readonly unknown[]> = P extends readonly [infer First, ...infer Rest]
  ? [First] extends [Wall | Statement<'walled'>]
    ? true
    : HasWall<Rest>
  : false;

function statement<K extends StatementKind>(
  strings: readonly string[],
  parts: readonly Part[],
  walled: K,
): Statement<K> {
  return { kind: 'statement', strings, parts, walled } as Statement<K>;
}

/** For a scope alone: the wall of its own tenant. */
export function wall(kind: Wall['kind'], alias: string, tenantId: string): Wall {
  return { kind, alias, tenantId } as Wall;
}

function tag<const P extends readonly Part[]>(
  strings: TemplateStringsArray,
  ...parts: P
): Statement<HasWall<P> extends true ? 'walled' : 'open'> {
  const walled = parts.some((part) => isWall(part) || (isStatement(part) && part.walled === 'walled'));
  return statement(strings, parts, (walled ? 'walled' : 'open') as HasWall<P> extends true ? 'walled' : 'open');
}

/** Joins optional conditions with `and`; open parts only, so that a wall can never be optional. */
function all(...parts: readonly (Statement<'open'> | false | undefined | null)[]): Statement<'open'> {
  const present = parts.filter((part) => part !== false && part !== undefined && part !== null);
  if (present.length === 0) return statement(['true'], [], 'open');
  const strings = ['(', ...present.slice(1).map(() => ') and ('), ')'];
  return statement(strings, present, 'open');
}

/** One of a literal table of fragments; the key may come from outside, the text never does. */
function pick<K extends string>(key: K, table: Readonly<Record<K, Statement<'open'>>>): Statement<'open'> {
  const chosen = Object.hasOwn(table, key) ? table[key] : undefined;
  if (chosen === undefined) throw new TypeError('sql.pick: the key is not in the table');
  return chosen;
}

export const sql = Object.assign(tag, {
  all,
  pick,
  json: (value: unknown): JsonParameter => ({ kind: 'json', value }),
});

function isObject(part: Part): part is Exclude<Part, Scalar> {
  return typeof part === 'object' && part !== null;
}
function isStatement(part: Part): part is Statement {
  return isObject(part) && 'kind' in part && part.kind === 'statement';
}
function isWall(part: Part): part is Wall {
  return isObject(part) && 'kind' in part && (part.kind === 'mine' || part.kind === 'value');
}
function isJson(part: Part): part is JsonParameter {
  return isObject(part) && 'kind' in part && part.kind === 'json';
}
function isSealed(part: Part): part is Sealed {
  return isObject(part) && 'kind' in part && part.kind === 'sealed';
}

export interface Rendered {
  readonly text: string;
  readonly values: unknown[];
  /** Parameter numbers that hold the tenant; the parser gate looks for them. */
  readonly tenantParameters: readonly number[];
  /** Parameter numbers that hold sealed values, with the content column each is for; the parser gate compares. */
  readonly sealedParameters: ReadonlyMap<number, string>;
}

/** Renders to text and parameters. Without the predicate door `mine` is `true`: only the proof's own composition asks for that. */
export function render(statement: Statement, doors: { readonly predicate: boolean }): Rendered {
  const values: unknown[] = [];
  const tenantParameters: number[] = [];
  const sealedParameters = new Map<number, string>();
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const write = (at: Statement): string => {
    let text = at.strings[0] ?? '';
    at.parts.forEach((part, index) => {
      text += writePart(part) + (at.strings[index + 1] ?? '');
    });
    return text;
  };
  const writePart = (part: Part): string => {
    if (isStatement(part)) return write(part);
    if (isJson(part)) return bind(JSON.stringify(part.value));
    if (isSealed(part)) {
      sealedParameters.set(values.length + 1, part.column);
      return bind(part.value);
    }
    if (!isWall(part)) return bind(part);
    if (part.kind === 'mine' && !doors.predicate) return 'true';
    const parameter = bind(part.tenantId);
    tenantParameters.push(values.length);
    if (part.kind === 'value') return `${parameter}::uuid`;
    return part.alias === '' ? `tenant_id = ${parameter}` : `${part.alias}.tenant_id = ${parameter}`;
  };
  const text = write(statement);
  return { text, values, tenantParameters, sealedParameters };
}
