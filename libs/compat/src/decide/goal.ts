// A goal asks: is there one value that satisfies all of these schemas and none of those? No such value is what "compatible" means.

import type { Patterns } from '../patterns/patterns.ts';
import type { Json } from '../schema/json.ts';
import type { Node } from '../schema/node.ts';

export interface Literal {
  readonly node: Node;
  /** False: the value must not satisfy it. */
  readonly holds: boolean;
}

export type Outcome =
  /** Proven: no value. `rests` is the depth of the outermost open goal that the proof leans on, Infinity for none. */
  | { readonly is: 'none'; readonly rests: number }
  | { readonly is: 'found'; readonly value: Json }
  | { readonly is: 'unknown' };

export const NONE: Outcome = { is: 'none', rests: Number.POSITIVE_INFINITY };
export const UNKNOWN: Outcome = { is: 'unknown' };

export const yes = (node: Node): Literal => ({ node, holds: true });
export const no = (node: Node): Literal => ({ node, holds: false });
export const literalKey = ({ node, holds }: Literal): string => `${holds ? '+' : '-'}${node.id}`;

/** The goal without what is always so, or undefined where two of its parts contradict each other. */
export function tidyGoal(literals: readonly Literal[]): Literal[] | undefined {
  const kept = new Map<string, Literal>();
  for (const literal of literals) {
    if (literal.node.always === literal.holds) continue;
    if (literal.node.always !== undefined) return undefined;
    if (kept.has(literalKey({ node: literal.node, holds: !literal.holds }))) return undefined;
    kept.set(literalKey(literal), literal);
  }
  return [...kept.values()].sort((a, b) => a.node.id - b.node.id);
}

/** Several goals of which one is enough. */
export class AnyOf {
  #rests = Number.POSITIVE_INFINITY;
  #unknown = false;
  #found: Outcome | undefined;

  /** True when the search may end. */
  add(outcome: Outcome): boolean {
    if (outcome.is === 'found') this.#found = outcome;
    else if (outcome.is === 'unknown') this.#unknown = true;
    else this.#rests = Math.min(this.#rests, outcome.rests);
    return this.#found !== undefined;
  }

  get outcome(): Outcome {
    if (this.#found !== undefined) return this.#found;
    return this.#unknown ? UNKNOWN : { is: 'none', rests: this.#rests };
  }
}

/** What the closing of arrays and objects asks of the search. */
export interface Search {
  readonly patterns: Patterns;
  /** A schema of our own making. */
  own(schema: Json): Node;
  /** The question about a part of the value: an item, a property, a key. */
  inside(literals: readonly Literal[]): Outcome;
  /** The judgement of the evaluator; undefined where it has none. */
  fits(goal: readonly Literal[], value: Json): boolean | undefined;
  /** The values of a goal where a list names them all; undefined where none does. */
  listed(goal: readonly Literal[]): readonly Json[] | undefined;
}
