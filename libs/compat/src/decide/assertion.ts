// One assertion of a schema: what it demands, and what breaks it.
import type { Json } from '../schema/json.ts';
import type { Node } from '../schema/node.ts';
import type { Atom, Item } from './atoms.ts';

export interface Assertion {
  readonly demands: readonly Item[];
  /** Each row alone breaks it; no row means that it cannot be broken by a value of this type. */
  readonly breaks: readonly (readonly Item[])[];
}

/** What taking apart needs of the search. */
export interface Means {
  /** A schema of our own making. */
  own(schema: Json): Node;
  /** Whether it is proven that no value satisfies both. */
  excludes(a: Node, b: Node): boolean;
}

/** A size between two limits, and the sizes outside of them. */
export function* sizeAssertions(min: number | undefined, max: number | undefined): Generator<Assertion> {
  const atom = (least: number, most: number): Atom => ({ kind: 'size', min: least, max: most });
  if (min !== undefined && min > 0)
    yield { demands: [atom(min, Number.POSITIVE_INFINITY)], breaks: [[atom(0, min - 1)]] };
  if (max !== undefined) yield { demands: [atom(0, max)], breaks: [[atom(max + 1, Number.POSITIVE_INFINITY)]] };
}
