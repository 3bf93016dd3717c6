// The part of JSON Schema that a tool's arguments need (R31). Closed: unknown keys are refused, and so is a schema that this cannot read.

export type Schema = Readonly<Record<string, unknown>>;

const MOST_FAULTS = 10;
const MOST_DEPTH = 24;
const MOST_STEPS = 100_000;
/** Words that say nothing about a value here. A pattern is left to the server: it could be written to never end. */
const SILENT = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'format',
  'pattern',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
const SPOKEN = new Set([
  '$ref',
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'anyOf',
  'oneOf',
  'allOf',
  'nullable',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'multipleOf',
]);

const isObject = (value: unknown): value is Schema =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

function fitsType(wanted: unknown, value: unknown): boolean {
  const actual = typeOf(value);
  const names: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted];
  return names.some((name) => name === actual || (name === 'number' && actual === 'integer'));
}

const same = (left: unknown, right: unknown): boolean =>
  left === right || JSON.stringify(left) === JSON.stringify(right);

function judgeSize(schema: Schema, value: unknown, fault: (what: string) => void): void {
  const limit = (name: string): number | undefined => (typeof schema[name] === 'number' ? schema[name] : undefined);
  const within = (size: number, low: string, high: string): void => {
    if (size < (limit(low) ?? -Infinity)) fault(`is below ${low}`);
    if (size > (limit(high) ?? Infinity)) fault(`is above ${high}`);
  };
  if (typeof value === 'number') {
    within(value, 'minimum', 'maximum');
    if (value <= (limit('exclusiveMinimum') ?? -Infinity) || value >= (limit('exclusiveMaximum') ?? Infinity))
      fault('is out of range');
    const step = limit('multipleOf');
    if (step !== undefined && !Number.isInteger(value / step)) fault('is no multiple');
  }
  if (typeof value === 'string') within([...value].length, 'minLength', 'maxLength');
  if (Array.isArray(value)) {
    within(value.length, 'minItems', 'maxItems');
    if (schema.uniqueItems === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length)
      fault('repeats an item');
  }
  if (isObject(value)) within(Object.keys(value).length, 'minProperties', 'maxProperties');
}

class Walk {
  readonly faults: string[] = [];
  readonly #root: Schema;
  #steps = 0;
  constructor(root: Schema) {
    this.#root = root;
  }

  fault(path: string, what: string): undefined {
    if (this.faults.length < MOST_FAULTS)
      this.faults.push(`${path === '' ? 'the arguments' : path} ${what}`.slice(0, 200));
  }

  visit(schema: unknown, value: unknown, path: string, depth: number): undefined {
    if (++this.#steps > MOST_STEPS || depth > MOST_DEPTH) return this.fault(path, 'could not be checked');
    if (schema === true) return undefined;
    if (!isObject(schema)) return this.fault(path, 'is not allowed');
    const unread = Object.keys(schema).find((word) => !SPOKEN.has(word) && !SILENT.has(word) && !word.startsWith('x-'));
    if (unread !== undefined) return this.fault(path, 'has a schema with a word that is not understood');
    if (typeof schema.$ref === 'string') return this.visit(this.#resolve(schema.$ref), value, path, depth + 1);
    if (value === null && schema.nullable === true) return undefined;
    if (schema.type !== undefined && !fitsType(schema.type, value)) return this.fault(path, 'has the wrong type');
    if (Array.isArray(schema.enum) && !schema.enum.some((one) => same(one, value)))
      this.fault(path, 'is not one of the allowed values');
    if ('const' in schema && !same(schema.const, value)) this.fault(path, 'is not the allowed value');
    judgeSize(schema, value, (what) => this.fault(path, what));
    this.#combine(schema, value, path, depth);
    if (Array.isArray(value) && schema.items !== undefined)
      for (const [index, item] of value.entries()) this.visit(schema.items, item, `${path}[${index}]`, depth + 1);
    if (isObject(value)) this.#members(schema, value, path, depth);
  }

  #resolve(reference: string): unknown {
    const match = /^#\/(\$defs|definitions)\/([\w.-]{1,100})$/.exec(reference);
    const table = this.#root[match?.[1] ?? ''];
    const name = match?.[2] ?? '';
    return isObject(table) && Object.hasOwn(table, name) ? table[name] : undefined;
  }

  #fits(schema: unknown, value: unknown, depth: number): boolean {
    const walk = new Walk(this.#root);
    walk.#steps = this.#steps;
    walk.visit(schema, value, '', depth + 1);
    this.#steps = walk.#steps;
    return walk.faults.length === 0;
  }

  #combine(schema: Schema, value: unknown, path: string, depth: number): void {
    const list = (word: string): readonly unknown[] | undefined =>
      Array.isArray(schema[word]) ? schema[word] : undefined;
    const fitting = (word: string): number | undefined =>
      list(word)?.filter((one) => this.#fits(one, value, depth)).length;
    if (fitting('anyOf') === 0) this.fault(path, 'fits none of the allowed shapes');
    if ((fitting('oneOf') ?? 1) !== 1) this.fault(path, 'does not fit exactly one of the allowed shapes');
    for (const one of list('allOf') ?? [])
      if (!this.#fits(one, value, depth)) this.fault(path, 'does not fit a required shape');
  }

  #members(schema: Schema, value: Schema, path: string, depth: number): void {
    const properties = isObject(schema.properties) ? schema.properties : {};
    const open = ['anyOf', 'oneOf', 'allOf'].some((word) => word in schema) && schema.properties === undefined;
    for (const name of Array.isArray(schema.required) ? schema.required : [])
      if (typeof name === 'string' && !Object.hasOwn(value, name)) this.fault(path, `lacks ${name}`);
    for (const [name, item] of Object.entries(value)) {
      const at = path === '' ? name : `${path}.${name}`;
      if (Object.hasOwn(properties, name)) this.visit(properties[name], item, at, depth + 1);
      else if (isObject(schema.additionalProperties)) this.visit(schema.additionalProperties, item, at, depth + 1);
      // An object that is declared without any member is a free one; the top is never free.
      else if (!open && (path === '' || schema.properties !== undefined || schema.additionalProperties === false))
        this.fault(at, 'is not known');
    }
  }
}

/** What does not fit, in words without the value. Empty when all fits. */
export function findMisfits(schema: Schema, value: unknown): readonly string[] {
  const walk = new Walk(schema);
  walk.visit(schema, value, '', 0);
  return walk.faults;
}
