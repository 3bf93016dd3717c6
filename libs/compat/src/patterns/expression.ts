// Regular expressions as values: interned, so that equal ones are the same object and a set of states stays small.

/** Sorted, disjoint code point ranges, both ends included. */
export type Ranges = readonly (readonly [number, number])[];
export const LAST_POINT = 0x10ffff;

export type Expression =
  | { readonly kind: 'never'; readonly id: number }
  | { readonly kind: 'empty'; readonly id: number }
  | { readonly kind: 'points'; readonly id: number; readonly ranges: Ranges }
  | { readonly kind: 'then'; readonly id: number; readonly first: Expression; readonly rest: Expression }
  | { readonly kind: 'either'; readonly id: number; readonly options: readonly Expression[] }
  | {
      readonly kind: 'repeat';
      readonly id: number;
      readonly body: Expression;
      readonly min: number;
      readonly max: number;
    };

type Draft = Expression extends infer E ? (E extends Expression ? Omit<E, 'id'> : never) : never;

/** Makes expressions in their simplest form; one maker for all that are compared with each other. */
export class Expressions {
  readonly #known = new Map<string, Expression>();
  readonly never: Expression = this.#intern('never', { kind: 'never' });
  readonly empty: Expression = this.#intern('empty', { kind: 'empty' });
  readonly any: Expression = this.points([[0, LAST_POINT]]);
  readonly anything: Expression = this.repeat(this.any, 0, Number.POSITIVE_INFINITY);

  #intern(key: string, draft: Draft): Expression {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = { ...draft, id: this.#known.size } as Expression;
    this.#known.set(key, made);
    return made;
  }

  points(ranges: Ranges): Expression {
    if (ranges.length === 0) return this.never;
    return this.#intern(`[${ranges.join(';')}`, { kind: 'points', ranges });
  }

  text(text: string): Expression {
    const points = [...text].map((point) => point.codePointAt(0) ?? 0);
    return points.reduceRight<Expression>((rest, point) => this.then(this.points([[point, point]]), rest), this.empty);
  }

  then(first: Expression, rest: Expression): Expression {
    if (first === this.never || rest === this.never) return this.never;
    if (first === this.empty) return rest;
    if (rest === this.empty) return first;
    if (rest === this.anything && isNullable(first)) return rest;
    if (first === this.anything && (isNullable(rest) || (rest.kind === 'then' && rest.first === first)))
      return isNullable(rest) ? first : rest;
    if (first.kind === 'then') return this.then(first.first, this.then(first.rest, rest));
    return this.#intern(`.${first.id},${rest.id}`, { kind: 'then', first, rest });
  }

  either(options: readonly Expression[]): Expression {
    const flat = new Map<number, Expression>();
    for (const option of options)
      for (const part of option.kind === 'either' ? option.options : [option])
        if (part !== this.never) flat.set(part.id, part);
    if (flat.has(this.anything.id)) return this.anything;
    const parts = [...flat.values()].sort((a, b) => a.id - b.id);
    const [only] = parts;
    if (only === undefined) return this.never;
    if (parts.length === 1) return only;
    return this.#intern(`|${parts.map(({ id }) => id).join(',')}`, { kind: 'either', options: parts });
  }

  repeat(body: Expression, min: number, max: number): Expression {
    if (max === 0 || body === this.empty) return this.empty;
    if (body === this.never) return min === 0 ? this.empty : this.never;
    if (min === 1 && max === 1) return body;
    if (body.kind === 'repeat' && body.min === 0 && body.max === Number.POSITIVE_INFINITY) return body;
    return this.#intern(`*${body.id},${min},${max}`, { kind: 'repeat', body, min, max });
  }
}

/** Whether the empty text matches. */
export function isNullable(expression: Expression): boolean {
  switch (expression.kind) {
    case 'empty':
      return true;
    case 'never':
    case 'points':
      return false;
    case 'then':
      return isNullable(expression.first) && isNullable(expression.rest);
    case 'either':
      return expression.options.some(isNullable);
    case 'repeat':
      return expression.min === 0 || isNullable(expression.body);
  }
}

/** What is left to match after one code point (Brzozowski, 1964). */
export function derive(make: Expressions, expression: Expression, point: number): Expression {
  switch (expression.kind) {
    case 'empty':
    case 'never':
      return make.never;
    case 'points':
      return expression.ranges.some(([low, high]) => low <= point && point <= high) ? make.empty : make.never;
    case 'then': {
      const first = make.then(derive(make, expression.first, point), expression.rest);
      return isNullable(expression.first) ? make.either([first, derive(make, expression.rest, point)]) : first;
    }
    case 'either':
      return make.either(expression.options.map((option) => derive(make, option, point)));
    case 'repeat': {
      const { body, min, max } = expression;
      // A body that matches the empty text can stand in for every repetition that is still owed.
      const owed = isNullable(body) ? 0 : Math.max(0, min - 1);
      return make.then(derive(make, body, point), make.repeat(body, owed, max - 1));
    }
  }
}

/** Adds where the ranges of an expression begin, and where what follows them begins. */
export function collectEdges(expression: Expression, edges: Set<number>): void {
  switch (expression.kind) {
    case 'points':
      for (const [low, high] of expression.ranges) edges.add(low).add(high + 1);
      return;
    case 'then':
      collectEdges(expression.first, edges);
      collectEdges(expression.rest, edges);
      return;
    case 'either':
      for (const option of expression.options) collectEdges(option, edges);
      return;
    case 'repeat':
      collectEdges(expression.body, edges);
      return;
    default:
  }
}
