// Looks for a value of a goal, or proves that there is none. A proof may lean on a goal that is still open above it only where the value
// became smaller on the way (a property, an item, a key): by induction on the size of values, that is sound, and it is what makes
// recursive schemas decidable here. What is found is checked by the evaluator before it counts.

import type { Patterns } from '../patterns/patterns.ts';
import { evaluate } from '../schema/evaluate.ts';
import { type Json, type JsonType, TYPES, typeOf } from '../schema/json.ts';
import type { Node } from '../schema/node.ts';
import type { Nodes } from '../schema/read.ts';
import { Branch } from './branch.ts';
import { closeArray } from './close-array.ts';
import { closeNumber } from './close-number.ts';
import { closeObject } from './close-object.ts';
import { closeText } from './close-text.ts';
import { AnyOf, type Literal, literalKey, NONE, type Outcome, type Search, tidyGoal, UNKNOWN, yes } from './goal.ts';

export interface Limits {
  /** Steps of the search. */
  readonly steps: number;
  readonly milliseconds: number;
}

const MOST_DEPTH = 40;

interface Open {
  readonly depth: number;
  readonly descents: number;
}

export class Solver implements Search {
  readonly patterns: Patterns;
  readonly #nodes: Nodes;
  readonly #known = new Map<string, Outcome>();
  readonly #open = new Map<string, Open>();
  readonly #ends: number;
  #steps: number;
  #descents = 0;

  constructor(nodes: Nodes, patterns: Patterns, limits: Limits) {
    this.#nodes = nodes;
    this.patterns = patterns;
    this.#steps = limits.steps;
    this.#ends = performance.now() + limits.milliseconds;
  }

  get isSpent(): boolean {
    return this.#steps <= 0 || performance.now() > this.#ends;
  }

  own(schema: Json): Node {
    return this.#nodes.own(schema);
  }

  excludes(a: Node, b: Node): boolean {
    const outcome = this.solve([yes(a), yes(b)]);
    return outcome.is === 'none' && outcome.rests === Number.POSITIVE_INFINITY;
  }

  /** The same question about a part of the value: an item, a property, a key. */
  inside(literals: readonly Literal[]): Outcome {
    this.#descents++;
    try {
      return this.solve(literals);
    } finally {
      this.#descents--;
    }
  }

  solve(literals: readonly Literal[]): Outcome {
    const goal = tidyGoal(literals);
    if (goal === undefined) return NONE;
    const key = goal.map(literalKey).join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const open = this.#open.get(key);
    if (open !== undefined) return open.descents < this.#descents ? { is: 'none', rests: open.depth } : UNKNOWN;
    const depth = this.#open.size;
    if (depth > MOST_DEPTH || this.isSpent) return UNKNOWN;
    this.#open.set(key, { depth, descents: this.#descents });
    const found = this.#anyType(goal);
    this.#open.delete(key);
    // A proof that leans on this goal alone stands on its own now; one that leans on an outer goal is not kept.
    const outcome = found.is === 'none' && found.rests >= depth ? NONE : found;
    if (outcome.is !== 'none' || outcome.rests === Number.POSITIVE_INFINITY) this.#known.set(key, outcome);
    return outcome;
  }

  #anyType(goal: readonly Literal[]): Outcome {
    const result = new AnyOf();
    for (const type of TYPES) if (result.add(this.#ofType(goal, type))) break;
    return result.outcome;
  }

  #ofType(goal: readonly Literal[], type: JsonType): Outcome {
    const branch = new Branch(type, this);
    branch.addLiterals(goal);
    return this.#search(goal, branch);
  }

  #search(goal: readonly Literal[], branch: Branch): Outcome {
    if (--this.#steps < 0 || this.isSpent) return UNKNOWN;
    if (branch.isClosed) return NONE;
    if (branch.values !== undefined) return this.#tryAll(goal, branch.values);
    const closed = this.#close(branch);
    if (closed.is === 'none') return closed;
    if (closed.is === 'found' && this.fits(goal, closed.value) === true) return closed;
    const choice = branch.nextChoice((node) => this.#rulesOut(branch, node));
    if (choice === 'more') return this.#search(goal, branch);
    if (choice === undefined) return UNKNOWN;
    const result = new AnyOf();
    for (const row of choice) {
      const next = branch.fork();
      for (const item of row) next.add(item);
      if (result.add(this.#search(goal, next))) break;
    }
    return result.outcome;
  }

  /** Whether what is settled in the branch excludes the schema already: only that stays, so only that may be leaned on. */
  #rulesOut(branch: Branch, node: Node): boolean {
    const literal: Literal = { node, holds: true };
    const settled = branch.settled();
    settled.addLiterals([literal]);
    const outcome = this.#search([literal], settled);
    return outcome.is === 'none' && outcome.rests === Number.POSITIVE_INFINITY;
  }

  #close(branch: Branch): Outcome {
    switch (branch.type) {
      case 'number':
        return closeNumber(branch.atoms);
      case 'string':
        return closeText(branch.atoms, this.patterns);
      case 'array':
        return closeArray(branch.atoms, this);
      case 'object':
        return closeObject(branch.atoms, this);
      default:
        // Null and the booleans are tried one by one.
        return UNKNOWN;
    }
  }

  /** A short list of values decides by itself. */
  #tryAll(goal: readonly Literal[], values: readonly Json[]): Outcome {
    let unknown = false;
    for (const value of values) {
      if (this.isSpent) return UNKNOWN;
      const fits = this.fits(goal, value);
      if (fits === true) return { is: 'found', value };
      if (fits === undefined) unknown = true;
    }
    return unknown ? UNKNOWN : NONE;
  }

  /** The judgement of the evaluator; undefined where it has none. */
  fits(goal: readonly Literal[], value: Json): boolean | undefined {
    let all: boolean | undefined = true;
    for (const { node, holds } of goal) {
      const { is } = evaluate(node, value, this.patterns);
      if (is === 'unknown') all = undefined;
      else if ((is === 'valid') !== holds) return false;
    }
    return all;
  }

  /** The values of a goal where a list names them all; undefined where none does. */
  listed(goal: readonly Literal[]): readonly Json[] | undefined {
    const values = goal.find(({ node, holds }) => holds && node.values !== undefined)?.node.values ?? this.#small(goal);
    return values?.filter((value) => this.fits(goal, value) !== false);
  }

  #small(goal: readonly Literal[]): readonly Json[] | undefined {
    const types = goal.find(({ node, holds }) => holds && node.types !== undefined)?.node.types;
    if (types === undefined || ![...types].every((type) => type === 'null' || type === 'boolean')) return undefined;
    return [null, true, false].filter((value) => types.has(typeOf(value)));
  }
}
