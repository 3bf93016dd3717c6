// Arrays: what stands at each place, how many items of a kind there are, and whether two may be the same.
import type { Json } from '../schema/json.ts';
import { type Atom, type AtomOf, atomsOf } from './atoms.ts';
import { sizeOf } from './close-text.ts';
import { type Literal, literalKey, no, type Outcome, type Search, UNKNOWN } from './goal.ts';

const MOST_PLACES = 60;
const LONGEST = 300;

interface Row {
  readonly atoms: readonly Atom[];
  readonly solver: Search;
  /** The places that are told apart; the place with this number stands for all from there on. */
  readonly told: number;
  lower: number;
  upper: number;
  /** Of all proofs that were used. */
  rests: number;
}

type Some = AtomOf<'some'>;
const isExact = ({ from, to, count }: Some): boolean => to === from + 1 && count === 1;

export function closeArray(given: readonly Atom[], solver: Search): Outcome {
  const atoms = given.flatMap((atom): readonly Atom[] =>
    atom.kind === 'some' ? spread(atom, sizeOf(given).max) : [atom],
  );
  const ends = [...atomsOf(atoms, 'items'), ...atomsOf(atoms, 'some')].flatMap(({ from, to }) => [from, to]);
  const told = Math.max(0, ...ends.filter(Number.isFinite));
  const { min, max } = sizeOf(atoms);
  const row: Row = { atoms, solver, told, lower: min, upper: max, rests: Number.POSITIVE_INFINITY };
  for (const { from, count } of atomsOf(atoms, 'some')) row.lower = Math.max(row.lower, from + count);
  if (row.lower > row.upper) return { is: 'none', rests: row.rests };
  if (told > MOST_PLACES) return UNKNOWN;
  for (let place = 0; place <= told; place++)
    if (isNone(row, literalsAt(row, place))) {
      row.upper = Math.min(row.upper, place);
      break;
    }
  if (row.lower > row.upper || lacksRoom(row) || tooMany(row) || breaksUniqueness(row))
    return { is: 'none', rests: row.rests };
  return row.lower > LONGEST ? UNKNOWN : build(row);
}

/** As many items as there are places is one item at each of them. */
function spread(some: Some, longest: number): Some[] {
  const to = Math.min(some.to, longest);
  if (to - some.from !== some.count || some.count > MOST_PLACES) return [some];
  return Array.from({ length: some.count }, (_, at) => ({
    ...some,
    from: some.from + at,
    to: some.from + at + 1,
    count: 1,
  }));
}

/** Everything that holds of the item at a place. */
function literalsAt({ atoms, told }: Row, place: number): Literal[] {
  const covers = (from: number, to: number): boolean =>
    place < told ? from <= place && place < to : to === Number.POSITIVE_INFINITY;
  const rules = atomsOf(atoms, 'items').filter(({ from, to }) => covers(from, to));
  const demands = atomsOf(atoms, 'some').filter((some) => isExact(some) && some.from === place && place < told);
  return [...rules.map(({ literal }) => literal), ...demands.flatMap(({ literals }) => literals)];
}

function isNone(row: Row, literals: readonly Literal[]): boolean {
  const outcome = row.solver.inside(literals);
  if (outcome.is === 'none') row.rests = Math.min(row.rests, outcome.rests);
  return outcome.is === 'none';
}

/** The places where an item with these could stand, each with how many there are of it. */
function* options(row: Row, { from, to, literals }: Some): Generator<{ place: number; count: number }> {
  for (let place = Math.min(from, row.told); place <= row.told && place < Math.min(to, row.upper); place++) {
    if (isNone(row, [...literalsAt(row, place), ...literals])) continue;
    yield { place, count: place < row.told ? 1 : row.upper - row.told };
  }
}

const ranged = (row: Row): Some[] => atomsOf(row.atoms, 'some').filter((some) => !isExact(some));

function lacksRoom(row: Row): boolean {
  return ranged(row).some((some) => {
    let room = 0;
    for (const { count } of options(row, some)) room += count;
    return room < some.count;
  });
}

/** More items must be of a kind than there may be. */
function tooMany(row: Row): boolean {
  return atomsOf(row.atoms, 'few').some(({ node, most }) => {
    const isForced = (place: number, more: readonly Literal[]): boolean =>
      isNone(row, [...literalsAt(row, place), ...more, no(node)]);
    let forced = 0;
    for (let place = 0; place < Math.min(row.lower, row.told); place++) if (isForced(place, [])) forced++;
    if (row.lower > row.told && isForced(row.told, [])) forced += row.lower - row.told;
    if (forced > most) return true;
    const greater = ranged(row).filter(({ count }) => count > most);
    return greater.some((some) => [...options(row, some)].every(({ place }) => isForced(place, some.literals)));
  });
}

function breaksUniqueness(row: Row): boolean {
  const wanted = new Set(atomsOf(row.atoms, 'unique').map(({ holds }) => holds));
  if (wanted.size === 2) return true;
  if (wanted.has(false)) return twins(row) === undefined;
  if (!wanted.has(true) || row.told > 0) return false;
  const listed = row.solver.listed(literalsAt(row, 0));
  return listed !== undefined && listed.length < row.lower;
}

/** Two places that may hold the same item; undefined where it is proven that there are none. */
function twins(row: Row): { readonly at: readonly [number, number]; readonly outcome: Outcome } | undefined {
  for (let a = 0; a <= row.told; a++) {
    for (let b = a; b <= row.told; b++) {
      const second = a === b ? b + 1 : b;
      if ((a === b && a < row.told) || second >= row.upper) continue;
      const outcome = row.solver.inside([...literalsAt(row, a), ...literalsAt(row, b)]);
      if (outcome.is !== 'none') return { at: [a, second], outcome };
      row.rests = Math.min(row.rests, outcome.rests);
    }
  }
  return undefined;
}

/** A row that meets what it can; whether it meets all is for the evaluator to say. */
function build(row: Row): Outcome {
  const extra = new Map<number, Literal[]>();
  let length = row.lower;
  const named = ({ literals }: Pick<Some, 'literals'>): string => literals.map(literalKey).join(' ');
  for (const some of ranged(row).sort((a, b) => b.count - a.count)) {
    // What is there already for a demand of the same kind counts for this one too.
    const same = [...extra].filter(
      ([at, literals]) => at >= some.from && at < some.to && named({ literals }) === named(some),
    );
    let left = some.count - same.length;
    for (const { place, count } of options(row, some))
      for (let at = place; left > 0 && at < place + Math.min(count, LONGEST); at++) {
        if (extra.has(at)) continue;
        extra.set(at, [...some.literals]);
        length = Math.max(length, at + 1);
        left--;
      }
    if (left > 0) return UNKNOWN;
  }
  const pair = atomsOf(row.atoms, 'unique').some(({ holds }) => !holds) ? twins(row) : undefined;
  if (pair !== undefined) length = Math.max(length, pair.at[1] + 1);
  const items: Json[] = [];
  for (let at = 0; at < length; at++) {
    const twin = pair?.at.includes(at) === true ? pair.outcome : undefined;
    const outcome = twin ?? pick(row, items, at, extra.get(at) ?? []);
    if (outcome.is !== 'found') return UNKNOWN;
    items.push(outcome.value);
  }
  return { is: 'found', value: items };
}

function pick(row: Row, before: readonly Json[], at: number, extra: readonly Literal[]): Outcome {
  const { solver } = row;
  const literals = [...literalsAt(row, Math.min(at, row.told)), ...extra];
  if (atomsOf(row.atoms, 'unique').some(({ holds }) => holds))
    for (const item of before) literals.push(no(solver.own({ const: item })));
  // An item of a kind that there may be few of is the second choice.
  const scarce = extra.length > 0 ? [] : atomsOf(row.atoms, 'few').map(({ node }) => no(node));
  const outcome = solver.inside([...literals, ...scarce]);
  return outcome.is === 'found' || scarce.length === 0 ? outcome : solver.inside(literals);
}
