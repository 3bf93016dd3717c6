// Schemas and values from a seed: few words, so that they often meet.

export type Random = () => number;

/** Mulberry32: the same seed, the same numbers. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const TYPES = ['null', 'boolean', 'number', 'integer', 'string', 'array', 'object'];
const NAMES = ['a', 'b', 'ab', 'x-1'];
const PATTERNS = [
  '^a',
  'b',
  '^[ab]+$',
  '^a?b*$',
  '^x-',
  '[0-9]',
  '^(?:a|bb)$',
  '\\d{1,2}',
  '^.{2}$',
  '(?=a)',
  '^[^a]*$',
];
const TEXTS = ['', 'a', 'b', 'ab', 'aab', 'bb', 'x-1', '12', '\u{1f600}', 'a\nb', 'abcd'];
const SCALARS = [null, true, false, 0, 1, -1, 2, 3, 1.5, 6, 10, ...TEXTS.slice(0, 6)];

const below = (random: Random, count: number): number => Math.floor(random() * count);

export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[below(random, from.length)];
  if (chosen === undefined) throw new RangeError('nothing to pick from');
  return chosen;
}

const some = <T>(random: Random, from: readonly T[], most: number): T[] =>
  Array.from({ length: 1 + below(random, most) }, () => pick(random, from));

export function randomValue(random: Random, depth = 3): unknown {
  const kind = random();
  if (depth > 0 && kind < 0.2) return Array.from({ length: below(random, 4) }, () => randomValue(random, depth - 1));
  if (depth > 0 && kind < 0.5) {
    const names = new Set(Array.from({ length: below(random, 4) }, () => pick(random, [...NAMES, ...TEXTS])));
    return Object.fromEntries([...names].map((name) => [name, randomValue(random, depth - 1)]));
  }
  // `null` and undefined are not the same to `pick`, but both are to `??`: hence the list of one.
  return pick(
    random,
    SCALARS.map((value) => [value] as const),
  )[0];
}

type Schema = Record<string, unknown>;
type Part = (random: Random, schema: Schema, depth: number) => void;

const parts: readonly Part[] = [
  (random, schema) => (schema.type = random() < 0.7 ? pick(random, TYPES) : [...new Set(some(random, TYPES, 3))]),
  (random, schema) => (schema.type = pick(random, ['object', 'object', 'array', 'string', 'integer'])),
  (random, schema) =>
    (schema.enum = [
      ...new Set(
        some(
          random,
          SCALARS.map((value) => JSON.stringify(value)),
          4,
        ),
      ),
    ].map((text) => JSON.parse(text))),
  (random, schema) => (schema.const = randomValue(random, 1)),
  (random, schema) => (schema[pick(random, ['minimum', 'exclusiveMinimum'])] = below(random, 5) - 2),
  (random, schema) => (schema[pick(random, ['maximum', 'exclusiveMaximum'])] = below(random, 8)),
  (random, schema) => (schema.multipleOf = pick(random, [1, 2, 3, 4, 6])),
  (random, schema) => (schema.minLength = below(random, 3)),
  (random, schema) => (schema.maxLength = below(random, 4)),
  (random, schema) => (schema.pattern = pick(random, PATTERNS)),
  (random, schema) => (schema[pick(random, ['minItems', 'minProperties'])] = below(random, 3)),
  (random, schema) => (schema[pick(random, ['maxItems', 'maxProperties'])] = below(random, 4)),
  (random, schema) => (schema.uniqueItems = random() < 0.8),
  (random, schema, depth) => (schema.items = randomSchema(random, depth)),
  (random, schema, depth) =>
    (schema.prefixItems = Array.from({ length: 1 + below(random, 2) }, () => randomSchema(random, depth))),
  (random, schema, depth) => {
    schema.contains = randomSchema(random, depth);
    if (random() < 0.4) schema.minContains = below(random, 3);
    if (random() < 0.4) schema.maxContains = below(random, 3);
  },
  (random, schema, depth) => (schema.properties = randomMap(random, NAMES, depth)),
  (random, schema, depth) => (schema.properties = randomMap(random, NAMES, depth)),
  (random, schema, depth) => (schema.patternProperties = randomMap(random, PATTERNS, depth)),
  (random, schema, depth) => (schema.additionalProperties = random() < 0.6 ? false : randomSchema(random, depth)),
  (random, schema) => (schema.required = [...new Set(some(random, NAMES, 2))]),
  (random, schema, depth) => (schema.propertyNames = randomSchema(random, Math.min(depth, 1))),
  (random, schema) => (schema.dependentRequired = { [pick(random, NAMES)]: [...new Set(some(random, NAMES, 2))] }),
  (random, schema, depth) => (schema.dependentSchemas = randomMap(random, NAMES, depth)),
  (random, schema, depth) => (schema.allOf = randomList(random, depth)),
  (random, schema, depth) => (schema.anyOf = randomList(random, depth)),
  (random, schema, depth) => (schema.oneOf = randomList(random, depth)),
  (random, schema, depth) => (schema.not = randomSchema(random, depth)),
  (random, schema, depth) => {
    schema.if = randomSchema(random, depth);
    if (random() < 0.8) schema.then = randomSchema(random, depth);
    if (random() < 0.5) schema.else = randomSchema(random, depth);
  },
  (random, schema, depth) => (schema.unevaluatedProperties = random() < 0.6 ? false : randomSchema(random, depth)),
  (random, schema) => (schema.$ref = pick(random, ['#', '#/$defs/one', '#/$defs/two'])),
];

const randomMap = (random: Random, names: readonly string[], depth: number): Schema =>
  Object.fromEntries(some(random, names, 2).map((name) => [name, randomSchema(random, depth)]));

const randomList = (random: Random, depth: number): unknown[] =>
  Array.from({ length: 1 + below(random, 3) }, () => randomSchema(random, depth));

export function randomSchema(random: Random, depth: number): unknown {
  if (depth <= 0) return random() < 0.2 ? random() < 0.5 : { type: pick(random, TYPES) };
  const schema: Schema = {};
  for (const part of some(random, parts, 3)) part(random, schema, depth - 1);
  return schema;
}

/** A document: references lead to two definitions or to itself, below a property or an item so that they end. */
export function randomDocument(random: Random, depth: number): unknown {
  const root = randomSchema(random, depth);
  if (typeof root === 'boolean' || !JSON.stringify(root).includes('$ref')) return root;
  return { ...(root as Schema), $defs: { one: randomSchema(random, 1), two: randomSchema(random, depth - 1) } };
}

/** A schema that is a small edit away. */
export function edited(random: Random, schema: unknown): unknown {
  const copy = structuredClone(schema);
  const objects: Schema[] = [];
  JSON.stringify(copy, (_key, value: unknown) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) objects.push(value as Schema);
    return value;
  });
  if (objects.length === 0) return randomSchema(random, 1);
  const target = pick(random, objects);
  const keys = Object.keys(target);
  if (random() < 0.4 && keys.length > 0) delete target[pick(random, keys)];
  else pick(random, parts)(random, target, 1);
  return copy;
}
