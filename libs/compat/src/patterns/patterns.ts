// The patterns that were met, each read once.
import type { Expression, Expressions } from './expression.ts';
import { parsePattern } from './parse.ts';
import { matchesText } from './search.ts';

export class Patterns {
  readonly make: Expressions;
  readonly #known = new Map<string, Expression | undefined>();

  constructor(make: Expressions) {
    this.make = make;
  }

  /** Undefined for a pattern that is not read. */
  read(pattern: string): Expression | undefined {
    if (!this.#known.has(pattern)) this.#known.set(pattern, parsePattern(pattern, this.make));
    return this.#known.get(pattern);
  }

  matches(pattern: string, text: string): boolean | undefined {
    const expression = this.read(pattern);
    return expression === undefined ? undefined : matchesText(this.make, expression, text);
  }
}
