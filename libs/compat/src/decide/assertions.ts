// Takes a schema apart for one type. Each assertion is told twice: what it demands, and what it takes to break it, so that a schema is
// the conjunction of the first and its negation a choice among the second.
import { toDecimal } from '../schema/decimal.ts';
import { isObject, type Json, type JsonType, typeOf } from '../schema/json.ts';
import type { Limit, Node } from '../schema/node.ts';
import { type Assertion, type Means, sizeAssertions } from './assertion.ts';
import { arrayAssertions } from './assertions-of-arrays.ts';
import { differsFrom, objectAssertions } from './assertions-of-objects.ts';
import { type Atom, type Item, literal, NEVER } from './atoms.ts';

export function* assertionsOf(node: Node, type: JsonType, means: Means): Generator<Assertion> {
  if (node.always === true) return;
  if (node.always === false) yield { demands: [NEVER], breaks: [[]] };
  if (node.types !== undefined && !node.types.has(type)) yield { demands: [NEVER], breaks: [[]] };
  if (node.values !== undefined) yield listed(node.values, type, means);
  if (type === 'number') yield* numberAssertions(node);
  if (type === 'string') yield* textAssertions(node);
  if (type === 'array') yield* arrayAssertions(node);
  if (type === 'object') yield* objectAssertions(node);
  yield* branchAssertions(node, means);
  // Whatever is not judged may be broken by any value, and demands nothing that we could use.
  if (node.opaque.length > 0) yield { demands: [], breaks: [[]] };
}

function listed(values: readonly Json[], type: JsonType, means: Means): Assertion {
  const fitting = values.filter((value) => typeOf(value) === type);
  const breaks: Item[] = fitting.map((value) =>
    isObject(value) || Array.isArray(value) ? differsFrom(value, means) : { kind: 'differs', from: value },
  );
  // A positive list is met by trying its values: see `candidates` in the search.
  return { demands: fitting.length === 0 ? [NEVER] : [], breaks: [breaks] };
}

function* numberAssertions({ limits, integersOnly }: Node): Generator<Assertion> {
  const bound = (limit: Limit, side: 'min' | 'max', exclusive: boolean): Assertion[] => {
    const value = limits[limit];
    if (value === undefined) return [];
    const at = toDecimal(value);
    const other = side === 'min' ? 'max' : 'min';
    return [
      {
        demands: [{ kind: 'bound', side, at, exclusive }],
        breaks: [[{ kind: 'bound', side: other, at, exclusive: !exclusive }]],
      },
    ];
  };
  yield* bound('minimum', 'min', false);
  yield* bound('maximum', 'max', false);
  yield* bound('exclusiveMinimum', 'min', true);
  yield* bound('exclusiveMaximum', 'max', true);
  for (const step of [limits.multipleOf, integersOnly === true ? 1 : undefined]) {
    if (step === undefined) continue;
    const atom = (holds: boolean): Atom => ({ kind: 'multiple', of: toDecimal(step), holds });
    yield { demands: [atom(true)], breaks: [[atom(false)]] };
  }
}

function* textAssertions({ limits, pattern }: Node): Generator<Assertion> {
  yield* sizeAssertions(limits.minLength, limits.maxLength);
  if (pattern === undefined) return;
  const atom = (holds: boolean): Atom => ({ kind: 'pattern', source: pattern, holds });
  yield { demands: [atom(true)], breaks: [[atom(false)]] };
}

function* branchAssertions({ all, any, one, not, condition }: Node, means: Means): Generator<Assertion> {
  for (const node of all ?? []) yield { demands: [literal(node, true)], breaks: [[literal(node, false)]] };
  if (any !== undefined)
    yield {
      demands: [{ kind: 'choice', of: any.map((node) => [literal(node, true)]) }],
      breaks: [any.map((node) => literal(node, false))],
    };
  if (one !== undefined) yield exactlyOne(one, means);
  if (not !== undefined) yield { demands: [literal(not, false)], breaks: [[literal(not, true)]] };
  if (condition === undefined) return;
  const { if: met, then, else: otherwise } = condition;
  const path = (holds: boolean, node: Node | undefined, good: boolean): Item[] => [
    literal(met, holds),
    ...(node === undefined ? [] : [literal(node, good)]),
  ];
  yield {
    demands: [{ kind: 'choice', of: [path(true, then, true), path(false, otherwise, true)] }],
    breaks: [
      ...(then === undefined ? [] : [path(true, then, false)]),
      ...(otherwise === undefined ? [] : [path(false, otherwise, false)]),
    ],
  };
}

/** Branches that exclude each other anyway need not be denied beside each other: without that, many tags are many thousand cases. */
function exactlyOne(nodes: readonly Node[], means: Means): Assertion {
  const overlaps = (a: Node, b: Node): boolean => !means.excludes(a, b);
  const alone = nodes.map((node, at) => [
    literal(node, true),
    ...nodes.filter((other, index) => index !== at && overlaps(node, other)).map((other) => literal(other, false)),
  ]);
  const pairs = nodes.flatMap((node, at) =>
    nodes
      .slice(at + 1)
      .filter((other) => overlaps(node, other))
      .map((other) => [literal(node, true), literal(other, true)]),
  );
  return {
    demands: [{ kind: 'choice', of: alone }],
    breaks: [nodes.map((node) => literal(node, false)), ...pairs],
  };
}
