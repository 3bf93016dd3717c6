// The assertions about items.
import type { Node } from '../schema/node.ts';
import { type Assertion, sizeAssertions } from './assertion.ts';
import type { Atom, Item } from './atoms.ts';

const END = Number.POSITIVE_INFINITY;

export function* arrayAssertions(node: Node): Generator<Assertion> {
  yield* sizeAssertions(node.limits.minItems, node.limits.maxItems);
  const prefix = node.prefix ?? [];
  for (const [index, inner] of prefix.entries()) yield placed(inner, index, index + 1);
  if (node.items !== undefined) yield placed(node.items, prefix.length, END);
  if (node.unique === true)
    yield { demands: [{ kind: 'unique', holds: true }], breaks: [[{ kind: 'unique', holds: false }]] };
  if (node.contains === undefined) return;
  const { node: wanted, min, max } = node.contains;
  if (min > 0) yield { demands: [atLeast(wanted, min)], breaks: [[atMost(wanted, min - 1)]] };
  if (max !== END) yield { demands: [atMost(wanted, max)], breaks: [[atLeast(wanted, max + 1)]] };
}

/** Items of the places from (included) to (excluded). */
function placed(node: Node, from: number, to: number): Assertion {
  const demand: Atom = { kind: 'items', from, to, literal: { node, holds: true } };
  const broken: Atom = { kind: 'some', from, to, literals: [{ node, holds: false }], count: 1 };
  return { demands: [demand], breaks: [[broken]] };
}

function atLeast(node: Node, count: number): Item {
  return { kind: 'some', from: 0, to: END, literals: [{ node, holds: true }], count };
}

function atMost(node: Node, most: number): Item {
  if (most === 0) return { kind: 'items', from: 0, to: END, literal: { node, holds: false } };
  return { kind: 'few', node, most };
}
