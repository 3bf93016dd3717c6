// Keywords of objects.
import { isObject } from './json.ts';
import type { Node } from './node.ts';
import type { Reading } from './reading.ts';

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');

export function readObjects(reading: Reading): void {
  const { schema, node, read, refuse } = reading;
  const map = (keyword: string): [string, Node][] => {
    const value = schema[keyword];
    if (isObject(value)) return Object.entries(value).map(([key, inner]) => [key, read(inner)]);
    if (value !== undefined) refuse(keyword, 'is not a map of schemas');
    return [];
  };
  node.properties = new Map(map('properties'));
  node.patterns = map('patternProperties');
  node.dependentSchemas = map('dependentSchemas');
  const { required, propertyNames, dependentRequired } = schema;
  if (isTexts(required)) node.required = required;
  else if (required !== undefined) refuse('required', 'is not a list of names');
  if (propertyNames !== undefined) node.propertyNames = read(propertyNames);
  if (isObject(dependentRequired) && Object.values(dependentRequired).every(isTexts))
    node.dependentRequired = Object.entries(dependentRequired) as [string, string[]][];
  else if (dependentRequired !== undefined) refuse('dependentRequired', 'is not a map of lists of names');
  readRest(reading);
}

function readRest({ schema, node, read, refuse }: Reading): void {
  const { additionalProperties, unevaluatedProperties } = schema;
  const own = { names: new Set(node.properties?.keys()), patterns: (node.patterns ?? []).map(([pattern]) => pattern) };
  if (additionalProperties !== undefined) {
    node.rest = { node: read(additionalProperties), ...own };
    return;
  }
  if (unevaluatedProperties === undefined || unevaluatedProperties === true) return;
  const seen = evaluated(schema, own, 0);
  if (seen === undefined) refuse('unevaluatedProperties', 'not judged beside branches and references');
  else if (seen !== 'all') node.rest = { node: read(unevaluatedProperties), ...seen };
}

interface Seen {
  readonly names: ReadonlySet<string>;
  readonly patterns: readonly string[];
}

/** The keys that a schema and its `allOf` look at, where that does not hang on the value. */
function evaluated(schema: Readonly<Record<string, unknown>>, own: Seen, depth: number): Seen | 'all' | undefined {
  const branching = ['$ref', 'anyOf', 'oneOf', 'if', 'dependentSchemas', '$dynamicRef'];
  if (depth > 20 || branching.some((keyword) => Object.hasOwn(schema, keyword))) return undefined;
  let seen: Seen = own;
  for (const inner of Array.isArray(schema.allOf) ? schema.allOf : []) {
    if (!isObject(inner)) continue;
    if (inner.additionalProperties !== undefined || inner.unevaluatedProperties !== undefined) return 'all';
    const names = new Set(isObject(inner.properties) ? Object.keys(inner.properties) : []);
    const patterns = isObject(inner.patternProperties) ? Object.keys(inner.patternProperties) : [];
    const more = evaluated(inner, { names, patterns }, depth + 1);
    if (more === undefined || more === 'all') return more;
    seen = { names: new Set([...seen.names, ...more.names]), patterns: [...seen.patterns, ...more.patterns] };
  }
  return seen;
}
