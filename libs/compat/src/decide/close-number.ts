// Numbers: an interval, a step, and some numbers that are left out. Exact, in whole multiples of the smallest decimal place that occurs.
import { atScale, type Decimal, floorDivide, leastCommonMultiple, toDecimal, toNumber } from '../schema/decimal.ts';
import { type Atom, atomsOf } from './atoms.ts';
import { NONE, type Outcome, UNKNOWN } from './goal.ts';

const MOST_TRIED = 2_000n;

interface Interval {
  readonly low: bigint | undefined;
  readonly high: bigint | undefined;
  readonly lowOpen: boolean;
  readonly highOpen: boolean;
}

interface Excluded {
  readonly steps: readonly bigint[];
  readonly values: ReadonlySet<bigint>;
}

export function closeNumber(atoms: readonly Atom[]): Outcome {
  const bounds = atomsOf(atoms, 'bound');
  const multiples = atomsOf(atoms, 'multiple');
  const others = atomsOf(atoms, 'differs').flatMap(({ from }) => (typeof from === 'number' ? [toDecimal(from)] : []));
  const decimals: Decimal[] = [...bounds.map(({ at }) => at), ...multiples.map(({ of }) => of), ...others];
  // Two places more than any number has, so that there is room between two neighbours.
  const scale = Math.max(0, ...decimals.map((decimal) => decimal.scale)) + 2;
  const steps = (holds: boolean): bigint[] =>
    multiples.filter((multiple) => multiple.holds === holds).map(({ of }) => atScale(of, scale));
  const excluded = { steps: steps(false), values: new Set(others.map((decimal) => atScale(decimal, scale))) };
  const step = steps(true).reduce<bigint | undefined>(
    (common, next) => (common === undefined ? next : leastCommonMultiple(common, next)),
    undefined,
  );
  const interval = intersect(bounds, scale);
  const found = step === undefined ? between(interval, excluded) : stepped(interval, step, excluded);
  if (found === 'none') return NONE;
  const value = found === 'unknown' ? Number.NaN : toNumber(found, scale);
  return Number.isFinite(value) ? { is: 'found', value } : UNKNOWN;
}

function intersect(bounds: readonly Extract<Atom, { kind: 'bound' }>[], scale: number): Interval {
  let [low, high]: [bigint | undefined, bigint | undefined] = [undefined, undefined];
  let [lowOpen, highOpen] = [false, false];
  for (const { side, at, exclusive } of bounds) {
    const value = atScale(at, scale);
    if (side === 'min' && (low === undefined || value > low || (value === low && exclusive)))
      [low, lowOpen] = [value, exclusive];
    if (side === 'max' && (high === undefined || value < high || (value === high && exclusive)))
      [high, highOpen] = [value, exclusive];
  }
  return { low, high, lowOpen, highOpen };
}

const allows = (value: bigint, { steps, values }: Excluded): boolean =>
  !values.has(value) && steps.every((step) => value % step !== 0n);

/** Multiples of a step: count them, and try each where they are few. */
function stepped(interval: Interval, step: bigint, excluded: Excluded): bigint | 'none' | 'unknown' {
  if (excluded.steps.some((other) => step % other === 0n)) return 'none';
  const { low, high } = interval;
  const first = low === undefined ? undefined : -floorDivide(-(interval.lowOpen ? low + 1n : low), step);
  const last = high === undefined ? undefined : floorDivide(interval.highOpen ? high - 1n : high, step);
  if (first !== undefined && last !== undefined && first > last) return 'none';
  const start = first !== undefined && first > 0n ? first : last !== undefined && last < 0n ? last : 0n;
  // The middle first, then outwards: zero where it is within, else the end that is next to it.
  for (let distance = 0n; distance <= MOST_TRIED; distance++) {
    const tried = distance === 0n ? [start] : [start + distance, start - distance];
    const within = tried.filter((at) => (first === undefined || at >= first) && (last === undefined || at <= last));
    if (within.length === 0) return 'none';
    const good = within.find((at) => allows(at * step, excluded));
    if (good !== undefined) return good * step;
  }
  return 'unknown';
}

/** All decimals between two ends: only a point can be used up. */
function between({ low, high, lowOpen, highOpen }: Interval, excluded: Excluded): bigint | 'none' | 'unknown' {
  if (low !== undefined && high !== undefined) {
    if (low > high || (low === high && (lowOpen || highOpen))) return 'none';
    if (low === high) return allows(low, excluded) ? low : 'none';
  }
  const inside = (at: bigint): boolean =>
    (low === undefined || (lowOpen ? at > low : at >= low)) &&
    (high === undefined || (highOpen ? at < high : at <= high));
  const from = low ?? (high === undefined || high > 0n ? 0n : high);
  const to = high ?? from;
  const starts = [0n, from, to, (from + to) / 2n];
  for (let distance = 0n; distance <= 200n; distance++)
    for (const start of starts)
      for (const at of [start + distance, start - distance]) if (inside(at) && allows(at, excluded)) return at;
  return 'unknown';
}
