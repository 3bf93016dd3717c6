// The assertions about properties, and what it takes to differ from one object or array.
import { isObject, type JsonObject } from '../schema/json.ts';
import type { Node } from '../schema/node.ts';
import { type Assertion, type Means, sizeAssertions } from './assertion.ts';
import { ANY_KEY, has, type Item, type Keys, keyNamed, literal, size } from './atoms.ts';

/** The property is not there: no value is good enough for it. */
const lacks = (name: string, never: Node): Item => ({
  kind: 'properties',
  keys: keyNamed(name),
  literal: { node: never, holds: true },
});

const NOTHING: Node = { id: -1, always: false, opaque: [], limits: {} };

export function* objectAssertions(node: Node): Generator<Assertion> {
  yield* sizeAssertions(node.limits.minProperties, node.limits.maxProperties);
  for (const name of node.required ?? []) yield { demands: [has(name)], breaks: [[lacks(name, NOTHING)]] };
  for (const [name, inner] of node.properties ?? []) yield covered(keyNamed(name), inner);
  for (const [source, inner] of node.patterns ?? [])
    yield covered({ ...ANY_KEY, patterns: [{ source, matches: true }] }, inner);
  if (node.rest !== undefined) {
    const patterns = node.rest.patterns.map((source) => ({ source, matches: false }));
    yield covered({ patterns, outside: node.rest.names, literals: [] }, node.rest.node);
  }
  if (node.propertyNames !== undefined) {
    const bad = { ...ANY_KEY, literals: [{ node: node.propertyNames, holds: false }] };
    yield {
      demands: [{ kind: 'names', literal: { node: node.propertyNames, holds: true } }],
      breaks: [[{ kind: 'property', keys: bad, literals: [] }]],
    };
  }
  yield* dependencies(node);
}

function covered(keys: Keys, node: Node): Assertion {
  return {
    demands: [{ kind: 'properties', keys, literal: { node, holds: true } }],
    breaks: [[{ kind: 'property', keys, literals: [{ node, holds: false }] }]],
  };
}

function* dependencies({ dependentRequired, dependentSchemas }: Node): Generator<Assertion> {
  for (const [name, names] of dependentRequired ?? [])
    if (names.length > 0)
      yield {
        demands: [{ kind: 'choice', of: [[lacks(name, NOTHING)], names.map((needed) => has(needed))] }],
        breaks: names.map((needed) => [has(name), lacks(needed, NOTHING)]),
      };
  for (const [name, node] of dependentSchemas ?? [])
    yield {
      demands: [{ kind: 'choice', of: [[lacks(name, NOTHING)], [literal(node, true)]] }],
      breaks: [[has(name), literal(node, false)]],
    };
}

/** Every way in which a value of the same type is another one. */
export function differsFrom(value: JsonObject | readonly unknown[], means: Means): Item {
  const other = (inner: unknown) => ({ node: means.own({ const: inner }), holds: false });
  if (!isObject(value)) {
    const items = value as readonly unknown[];
    const places = items.map((inner, at): Item[] => [
      { kind: 'some', from: at, to: at + 1, literals: [other(inner)], count: 1 },
    ]);
    const shorter = items.length === 0 ? [] : [[size(0, items.length - 1)]];
    return { kind: 'choice', of: [...shorter, [size(items.length + 1)], ...places] };
  }
  const names = Object.keys(value);
  const extra: Item = { kind: 'property', keys: { ...ANY_KEY, outside: new Set(names) }, literals: [] };
  const changes = names.map((name): Item[] => [has(name, other(value[name]))]);
  return { kind: 'choice', of: [[extra], ...names.map((name) => [lacks(name, NOTHING)]), ...changes] };
}
