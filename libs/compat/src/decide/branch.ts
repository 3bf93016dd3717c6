// One branch of the search, for one type: what it demands so far, and what is still to be taken apart.
import { equal, type Json, type JsonType, typeOf } from '../schema/json.ts';
import type { Node } from '../schema/node.ts';
import type { Means } from './assertion.ts';
import { assertionsOf } from './assertions.ts';
import type { Atom, Item } from './atoms.ts';
import { type Literal, literalKey } from './goal.ts';

type Choice = readonly (readonly Item[])[];

/** Lists above this are not tried value by value. */
const MOST_VALUES = 2_000;

export class Branch {
  readonly type: JsonType;
  readonly #means: Means;
  readonly #seen: Set<string>;
  atoms: Atom[] = [];
  /** Schemas that must not hold; they wait until the choices among what must hold are made, because they are the dearer ones. */
  #negatives: Node[] = [];
  #choices: Choice[] = [];
  /** When set, the value is one of these. */
  values: readonly Json[] | undefined;
  isClosed = false;

  constructor(type: JsonType, means: Means, seen: Iterable<string> = []) {
    this.type = type;
    this.#means = means;
    this.#seen = new Set(seen);
    if (type === 'null') this.values = [null];
    if (type === 'boolean') this.values = [true, false];
  }

  fork(): Branch {
    const copy = new Branch(this.type, this.#means, this.#seen);
    copy.atoms = [...this.atoms];
    copy.#negatives = [...this.#negatives];
    copy.#choices = [...this.#choices];
    copy.values = this.values;
    copy.isClosed = this.isClosed;
    return copy;
  }

  /** What is settled so far, without what waits and without where it came from. */
  settled(): Branch {
    const copy = new Branch(this.type, this.#means);
    copy.atoms = [...this.atoms];
    copy.values = this.values;
    return copy;
  }

  addLiterals(literals: readonly Literal[]): void {
    for (const literal of literals) this.add({ kind: 'literal', literal });
  }

  add(item: Item): void {
    if (this.isClosed) return;
    if (item.kind === 'never') this.isClosed = true;
    else if (item.kind === 'choice') this.#addChoice(item.of);
    else if (item.kind === 'literal') this.#addLiteral(item.literal);
    else this.atoms.push(item);
  }

  #addChoice(of: Choice): void {
    const [only] = of;
    if (only === undefined) this.isClosed = true;
    else if (of.length > 1) this.#choices.push(of);
    else for (const item of only) this.add(item);
  }

  #addLiteral(literal: Literal): void {
    const { node, holds } = literal;
    if (node.always === holds) return;
    if (node.always !== undefined || this.#seen.has(literalKey({ node, holds: !holds }))) {
      this.isClosed = true;
      return;
    }
    const key = literalKey(literal);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (holds) this.#addPositive(node);
    else this.#negatives.push(node);
  }

  #addPositive(node: Node): void {
    if (node.values !== undefined && node.values.length <= MOST_VALUES) {
      const fitting = node.values.filter((value) => typeOf(value) === this.type);
      const before = this.values;
      this.values =
        before === undefined ? fitting : fitting.filter((value) => before.some((known) => equal(known, value)));
    }
    for (const { demands } of assertionsOf(node, this.type, this.#means)) for (const item of demands) this.add(item);
  }

  /**
   * The smallest choice that is open, undefined when none is left, or `more` when what must not hold was taken apart first.
   * A schema that is ruled out already need not be denied once more.
   */
  nextChoice(rulesOut: (node: Node) => boolean): Choice | 'more' | undefined {
    if (this.#choices.length > 0) {
      const smallest = this.#choices.reduce((least, choice) => (choice.length < least.length ? choice : least));
      this.#choices = this.#choices.filter((choice) => choice !== smallest);
      return smallest;
    }
    if (this.#negatives.length === 0) return undefined;
    const waiting = this.#negatives;
    this.#negatives = [];
    for (const node of waiting) {
      if (waiting.length > 1 && rulesOut(node)) continue;
      const assertions = [...assertionsOf(node, this.type, this.#means)];
      this.add({ kind: 'choice', of: assertions.flatMap(({ breaks }) => breaks) });
    }
    return 'more';
  }
}
