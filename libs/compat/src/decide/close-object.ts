// Objects: what stands under the keys that are named, what may stand under others, and how many there are.
import { type Json, setKey } from '../schema/json.ts';
import { type Atom, type AtomOf, atomsOf } from './atoms.ts';
import { sizeOf } from './close-text.ts';
import { type Literal, no, type Outcome, type Search, UNKNOWN, yes } from './goal.ts';
import { assignments, contains, type Fresh, surelyContains } from './keys.ts';

const MOST_NAMES = 400;
const MOST_FILLED = 200;

interface Table {
  readonly atoms: readonly Atom[];
  readonly solver: Search;
  readonly names: ReadonlySet<string>;
  /** Of all proofs that were used. */
  rests: number;
}

type Demand = AtomOf<'property'>;

export function closeObject(atoms: readonly Atom[], solver: Search): Outcome {
  const table: Table = { atoms, solver, names: namesIn(atoms), rests: Number.POSITIVE_INFINITY };
  if (table.names.size > MOST_NAMES) return UNKNOWN;
  const none = (): Outcome => ({ is: 'none', rests: table.rests });
  const { min, max } = sizeOf(atoms);
  const demands = atomsOf(atoms, 'property');
  const demanded = new Set(demands.flatMap(({ keys }) => keys.name ?? []));
  if (min > max || demanded.size > max) return none();
  const made: Record<string, unknown> = {};
  let unknown = false;
  for (const name of demanded) {
    const outcome = under(table, name);
    if (outcome.is === 'none') return none();
    if (outcome.is === 'found') setKey(made, name, outcome.value);
    else unknown = true;
  }
  for (const demand of demands.filter(({ keys }) => keys.name === undefined)) {
    const met = meet(table, demand, made, demanded.size < max ? undefined : demanded);
    if (met === 'none') return none();
    if (met === 'unknown') unknown = true;
  }
  if (unknown) return UNKNOWN;
  const filled = fill(table, made, min);
  return filled === 'none' ? none() : filled === 'unknown' ? UNKNOWN : { is: 'found', value: made };
}

/** Every key that is spelt out somewhere: each of them is looked at by itself, all others are alike but for the patterns. */
function namesIn(atoms: readonly Atom[]): Set<string> {
  const names = new Set<string>();
  for (const { keys } of [...atomsOf(atoms, 'properties'), ...atomsOf(atoms, 'property')]) {
    if (keys.name !== undefined) names.add(keys.name);
    for (const name of keys.outside) names.add(name);
  }
  for (const { literal } of atomsOf(atoms, 'names'))
    for (const value of literal.node.values ?? []) if (typeof value === 'string') names.add(value);
  return names;
}

function note(table: Table, outcome: Outcome): Outcome {
  if (outcome.is === 'none') table.rests = Math.min(table.rests, outcome.rests);
  return outcome;
}

const keyLiterals = ({ atoms }: Table): Literal[] => atomsOf(atoms, 'names').map(({ literal }) => literal);

/** What may stand under a key that is spelt out, with what is demanded of it. */
function under(table: Table, name: string, more: readonly Literal[] = []): Outcome {
  const { atoms, solver } = table;
  if (solver.fits(keyLiterals(table), name) === false) return { is: 'none', rests: Number.POSITIVE_INFINITY };
  const rules = atomsOf(atoms, 'properties').filter(({ keys }) => contains(keys, name, solver) === true);
  const demands = atomsOf(atoms, 'property').filter(({ keys }) => keys.name === name);
  const literals = [...rules.map(({ literal }) => literal), ...demands.flatMap(({ literals }) => literals), ...more];
  return note(table, solver.inside(literals));
}

/** What may stand under a key that is spelt out nowhere, and such a key. */
function beside(
  table: Table,
  fresh: Fresh,
  taken: Iterable<string>,
  literals: readonly Literal[],
): Outcome | { key: string; value: Json } {
  const { atoms, solver } = table;
  const patterns = [...fresh].map(([source, holds]) => ({ node: solver.own({ pattern: source }), holds }));
  const known = no(solver.own({ enum: [...new Set([...table.names, ...taken])].sort() }));
  const key = solver.inside([
    yes(solver.own({ type: 'string' })),
    known,
    ...patterns,
    ...keyLiterals(table),
    ...fresh.literals,
  ]);
  if (note(table, key).is === 'none') return key;
  const rules = atomsOf(atoms, 'properties').filter(({ keys }) => surelyContains(keys, fresh));
  const value = note(table, solver.inside([...rules.map(({ literal }) => literal), ...literals]));
  if (value.is === 'found' && key.is === 'found' && typeof key.value === 'string')
    return { key: key.value, value: value.value };
  return value.is === 'none' ? value : UNKNOWN;
}

/** Adds a property that a demand without a name asks for, under one of these keys only where the table is full with them. */
function meet(
  table: Table,
  demand: Demand,
  made: Record<string, unknown>,
  only: ReadonlySet<string> | undefined,
): 'met' | 'none' | 'unknown' {
  let open = false;
  for (const name of table.names) {
    const within = contains(demand.keys, name, table.solver);
    if (within === false || only?.has(name) === false) continue;
    const outcome = under(table, name, demand.literals);
    if (outcome.is === 'found' && within === true) {
      setKey(made, name, outcome.value);
      return 'met';
    }
    if (outcome.is !== 'none') open = true;
  }
  if (only !== undefined) return open ? 'unknown' : 'none';
  for (const fresh of assignments(table.atoms, demand.keys)) {
    let property = beside(table, fresh, [], demand.literals);
    // A key that was made up for another demand is taken, which proves nothing about its kind.
    if ('key' in property && Object.hasOwn(made, property.key))
      property = beside(table, fresh, Object.keys(made), demand.literals);
    else if (!('key' in property) && property.is === 'none') continue;
    if ('key' in property) {
      setKey(made, property.key, property.value);
      return 'met';
    }
    open = true;
  }
  return open ? 'unknown' : 'none';
}

/** Adds properties until there are enough of them. */
function fill(table: Table, made: Record<string, unknown>, min: number): 'met' | 'none' | 'unknown' {
  if (min > MOST_FILLED) return 'unknown';
  let open = false;
  const count = (): number => Object.keys(made).length;
  for (const name of table.names) {
    if (count() >= min) return 'met';
    if (Object.hasOwn(made, name)) continue;
    const outcome = under(table, name);
    if (outcome.is === 'found') setKey(made, name, outcome.value);
    else if (outcome.is === 'unknown') open = true;
  }
  const anyKey = { patterns: [], outside: new Set<string>(), literals: [] };
  for (const fresh of assignments(table.atoms, anyKey)) {
    while (count() < min) {
      const property = beside(table, fresh, Object.keys(made), []);
      if (!('key' in property)) {
        // A kind of key that ran out is not a kind that there is none of.
        if (property.is === 'unknown' || Object.keys(made).some((name) => !table.names.has(name))) open = true;
        break;
      }
      setKey(made, property.key, property.value);
    }
  }
  if (count() >= min) return 'met';
  return open ? 'unknown' : 'none';
}
