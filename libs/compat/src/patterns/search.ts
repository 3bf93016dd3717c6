// Is there a text that matches these patterns, none of those, and has a length in these bounds? Walks the product of their derivatives,
// length by length, so "no" is a proof and "yes" comes with the text.
import { collectEdges, derive, type Expression, type Expressions, isNullable, LAST_POINT } from './expression.ts';

export interface TextDemands {
  readonly matches: readonly Expression[];
  readonly misses: readonly Expression[];
  /** In code points, both ends included. */
  readonly min: number;
  readonly max: number;
}

export type TextFound =
  | { readonly is: 'found'; readonly value: string }
  | { readonly is: 'none' }
  | { readonly is: 'unknown' };

const MOST_STATES = 3_000;
const MOST_LAYERED = 20_000;

/** A reached state: what is still to match and to miss, and the way to it. */
interface Reached {
  readonly matches: readonly Expression[];
  readonly misses: readonly Expression[];
  readonly from: Reached | undefined;
  readonly point: number;
}

export function findText(make: Expressions, demands: TextDemands): TextFound {
  if (demands.min > demands.max) return { is: 'none' };
  const points = alphabet([...demands.matches, ...demands.misses]);
  const start: Reached = { matches: demands.matches, misses: demands.misses, from: undefined, point: 0 };
  const moved = new Map<string, readonly Reached[]>();
  let work = 0;
  const next = (layer: readonly Reached[]): Reached[] | undefined => {
    const reached = new Map<string, Reached>();
    for (const state of layer) {
      if (++work > MOST_LAYERED || moved.size > MOST_STATES) return undefined;
      const key = keyOf(state);
      const moves = moved.get(key) ?? step(make, state, points);
      moved.set(key, moves);
      for (const move of moves) {
        const name = keyOf(move);
        if (!reached.has(name)) reached.set(name, { ...move, from: state });
      }
    }
    return [...reached.values()];
  };
  return walk(demands, isDead(start) ? [] : [start], next);
}

function walk(
  { min, max }: TextDemands,
  first: Reached[],
  next: (layer: readonly Reached[]) => Reached[] | undefined,
): TextFound {
  let layer: Reached[] | undefined = first;
  const seen = new Set<string>();
  for (let length = 0; ; length++) {
    if (layer === undefined) return { is: 'unknown' };
    // Past the least length only the set of states counts: a state that was here before leads nowhere new, and its way there was shorter.
    if (length >= min) {
      const ended = layer.find(isAccepting);
      if (ended !== undefined) return { is: 'found', value: spell(ended) };
      layer = layer.filter((state) => !seen.has(keyOf(state)));
      for (const state of layer) seen.add(keyOf(state));
    }
    if (layer.length === 0 || length >= max) return { is: 'none' };
    layer = next(layer);
  }
}

const keyOf = ({ matches, misses }: Reached): string =>
  `${matches.map(({ id }) => id).join(',')}/${misses.map(({ id }) => id).join(',')}`;

const isDead = ({ matches, misses }: Reached): boolean =>
  matches.some(({ kind }) => kind === 'never') || misses.some(coversAll);

const coversAll = (expression: Expression): boolean =>
  expression.kind === 'repeat' &&
  expression.min === 0 &&
  expression.max === Number.POSITIVE_INFINITY &&
  expression.body.kind === 'points' &&
  expression.body.ranges.length === 1 &&
  expression.body.ranges[0]?.[0] === 0 &&
  expression.body.ranges[0][1] === LAST_POINT;

const isAccepting = ({ matches, misses }: Reached): boolean => matches.every(isNullable) && !misses.some(isNullable);

function step(make: Expressions, state: Reached, points: readonly number[]): Reached[] {
  const moves: Reached[] = [];
  for (const point of points) {
    const move: Reached = {
      matches: state.matches.map((match) => derive(make, match, point)),
      misses: state.misses.map((miss) => derive(make, miss, point)).filter(({ kind }) => kind !== 'never'),
      from: state,
      point,
    };
    if (!isDead(move)) moves.push(move);
  }
  return moves;
}

function spell(end: Reached): string {
  const points: number[] = [];
  for (let state: Reached = end; state.from !== undefined; state = state.from) points.push(state.point);
  return String.fromCodePoint(...points.reverse());
}

/** One code point of each stretch that the expressions cannot tell apart, a letter or a digit where there is one. */
function alphabet(expressions: readonly Expression[]): number[] {
  const edges = new Set<number>([0]);
  for (const expression of expressions) collectEdges(expression, edges);
  const starts = [...edges].filter((edge) => edge <= LAST_POINT).sort((a, b) => a - b);
  const chosen = starts.map((low, index) => pickFrom(low, (starts[index + 1] ?? LAST_POINT + 1) - 1));
  const rank = (point: number): number =>
    /[a-z]/.test(String.fromCodePoint(point)) ? 0 : point > 32 && point < 127 ? 1 : 2;
  return chosen.sort((a, b) => rank(a) - rank(b) || a - b);
}

function pickFrom(low: number, high: number): number {
  for (const wanted of [97, 48, 65, 95, 45]) if (low <= wanted && wanted <= high) return wanted;
  if (high >= 33 && low <= 126) return Math.max(low, 33);
  // Halves of surrogate pairs are the last choice: alone they are no character.
  if (low >= 0xd800 && low <= 0xdfff && high > 0xdfff) return 0xe000;
  return low;
}

/** Whether one text matches: linear in the text, whatever the pattern. */
export function matchesText(make: Expressions, expression: Expression, text: string): boolean {
  let left = expression;
  for (const character of text) {
    left = derive(make, left, character.codePointAt(0) ?? 0);
    if (left.kind === 'never' || coversAll(left)) break;
  }
  return isNullable(left);
}
