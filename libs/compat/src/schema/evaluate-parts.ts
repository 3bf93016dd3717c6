// Judges what lies inside a value: items and properties.
import type { Patterns } from '../patterns/patterns.ts';
import { type JsonObject, pointerStep, textOf } from './json.ts';
import type { Limit, Node } from './node.ts';
import { countWithin, invalid, VALID, type Verdict } from './verdict.ts';

/** Where a value stands, how deep the judge already is, and the judge itself. */
export interface Place {
  readonly patterns: Patterns;
  readonly path: string;
  readonly depth: number;
  readonly work: { left: number };
  readonly judge: (node: Node, value: unknown, place: Place) => Verdict;
}

/** A size between two limits. */
export function sizeVerdict(size: number, node: Node, least: Limit, most: Limit, path: string): Verdict {
  const [min = 0, max = Number.POSITIVE_INFINITY] = [node.limits[least], node.limits[most]];
  if (size < min) return invalid(path, least, `${size} is below ${min}`);
  return size > max ? invalid(path, most, `${size} is above ${max}`) : VALID;
}

const inside = (place: Place, step: string | number): Place => ({ ...place, path: place.path + pointerStep(step) });

export function* judgeArray(node: Node, value: readonly unknown[], place: Place): Generator<Verdict> {
  yield sizeVerdict(value.length, node, 'minItems', 'maxItems', place.path);
  const prefix = node.prefix ?? [];
  for (const [index, item] of value.entries()) {
    const inner = prefix[index] ?? node.items;
    if (inner !== undefined) yield place.judge(inner, item, inside(place, index));
  }
  if (node.unique === true && new Set(value.map(textOf)).size < value.length)
    yield invalid(place.path, 'uniqueItems', 'holds an item twice');
  if (node.contains === undefined) return;
  const { node: wanted, min, max } = node.contains;
  const verdicts = value.map((item, index) => place.judge(wanted, item, inside(place, index)));
  const within = countWithin(verdicts, min, max);
  if (within === undefined) yield { is: 'unknown', why: 'contains: hangs on what is not judged' };
  else if (!within) yield invalid(place.path, 'contains', `not between ${min} and ${max} items fit`);
}

export function* judgeObject(node: Node, value: JsonObject, place: Place): Generator<Verdict> {
  const keys = Object.keys(value);
  yield sizeVerdict(keys.length, node, 'minProperties', 'maxProperties', place.path);
  const needs = (names: readonly string[], keyword: string): Verdict => {
    const missing = names.find((name) => !Object.hasOwn(value, name));
    return missing === undefined ? VALID : invalid(place.path, keyword, `${JSON.stringify(missing)} is missing`);
  };
  yield needs(node.required ?? [], 'required');
  for (const [name, names] of node.dependentRequired ?? [])
    if (Object.hasOwn(value, name)) yield needs(names, 'dependentRequired');
  for (const [name, inner] of node.dependentSchemas ?? [])
    if (Object.hasOwn(value, name)) yield place.judge(inner, value, place);
  for (const key of keys) {
    if (node.propertyNames !== undefined) yield place.judge(node.propertyNames, key, inside(place, key));
    yield* judgeProperty(node, key, value[key], inside(place, key));
  }
}

function* judgeProperty(node: Node, key: string, value: unknown, place: Place): Generator<Verdict> {
  const named = node.properties?.get(key);
  if (named !== undefined) yield place.judge(named, value, place);
  for (const [pattern, inner] of node.patterns ?? [])
    yield where(place.patterns.matches(pattern, key), inner, value, place);
  if (node.rest === undefined || node.rest.names.has(key)) return;
  const matches = node.rest.patterns.map((pattern) => place.patterns.matches(pattern, key));
  if (matches.includes(true)) return;
  yield where(matches.includes(undefined) ? undefined : true, node.rest.node, value, place);
}

/** A verdict that counts only where a key matches. */
function where(matches: boolean | undefined, node: Node, value: unknown, place: Place): Verdict {
  if (matches === false) return VALID;
  const verdict = place.judge(node, value, place);
  if (matches === true || verdict.is === 'valid') return verdict;
  return { is: 'unknown', why: 'a pattern of keys is not read' };
}
