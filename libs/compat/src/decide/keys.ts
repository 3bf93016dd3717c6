// Which keys a set holds: exact for a key that is spelt out, and by cases over the patterns for one that is not.
import { type Atom, atomsOf, type Keys } from './atoms.ts';
import type { Literal, Search } from './goal.ts';

/** With more patterns than this the cases are not told apart. */
const MOST_PATTERNS = 5;

/** A kind of key that is spelt out nowhere: which patterns it matches, and what it must satisfy. */
export class Fresh extends Map<string, boolean> {
  readonly literals: readonly Literal[];
  constructor(entries: Iterable<readonly [string, boolean]>, literals: readonly Literal[]) {
    super(entries);
    this.literals = literals;
  }
}

/** Whether a set holds a key; undefined where a pattern is not read. */
export function contains(keys: Keys, name: string, solver: Search): boolean | undefined {
  if (keys.name !== undefined && keys.name !== name) return false;
  if (keys.outside.has(name)) return false;
  let all = solver.fits(keys.literals, name);
  for (const { source, matches } of keys.patterns) {
    const found = solver.patterns.matches(source, name);
    if (found === !matches) return false;
    if (found === undefined && all === true) all = undefined;
  }
  return all;
}

/** Whether a set holds every key of a kind: a key of a kind is in none of the lists of names. */
export function surelyContains(keys: Keys, fresh: Fresh): boolean {
  if (keys.name !== undefined || keys.literals.length > 0) return false;
  return keys.patterns.every(({ source, matches }) => fresh.get(source) === matches);
}

/** The kinds of keys in a set, by every pattern that occurs. */
export function assignments(atoms: readonly Atom[], within: Keys): Fresh[] {
  if (within.name !== undefined) return [];
  const fixed = new Map<string, boolean>();
  for (const { source, matches } of within.patterns) {
    if (fixed.get(source) === !matches) return [];
    fixed.set(source, matches);
  }
  const sources = new Set<string>();
  for (const { keys } of [...atomsOf(atoms, 'properties'), ...atomsOf(atoms, 'property')])
    for (const { source } of keys.patterns) if (!fixed.has(source)) sources.add(source);
  let kinds: [string, boolean][][] = [[...fixed]];
  if (sources.size <= MOST_PATTERNS)
    for (const source of sources)
      kinds = kinds.flatMap((kind): [string, boolean][][] => [
        [...kind, [source, false]],
        [...kind, [source, true]],
      ]);
  return kinds.map((kind) => new Fresh(kind, within.literals));
}
