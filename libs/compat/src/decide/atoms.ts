// What is left of schemas once a type is fixed: plain demands on one value of that type.
import type { Decimal } from '../schema/decimal.ts';
import type { Json } from '../schema/json.ts';
import type { Node } from '../schema/node.ts';
import type { Literal } from './goal.ts';

/** A set of keys: all of these hold of each key in it. */
export interface Keys {
  readonly name?: string;
  readonly patterns: readonly { readonly source: string; readonly matches: boolean }[];
  readonly outside: ReadonlySet<string>;
  /** What the key itself must satisfy as a string. */
  readonly literals: readonly Literal[];
}

export type Atom =
  | { readonly kind: 'never' }
  | { readonly kind: 'differs'; readonly from: Json }
  | { readonly kind: 'bound'; readonly side: 'min' | 'max'; readonly at: Decimal; readonly exclusive: boolean }
  | { readonly kind: 'multiple'; readonly of: Decimal; readonly holds: boolean }
  /** Length of a string, items of an array, properties of an object. */
  | { readonly kind: 'size'; readonly min: number; readonly max: number }
  | { readonly kind: 'pattern'; readonly source: string; readonly holds: boolean }
  /** Every item of these places. */
  | { readonly kind: 'items'; readonly from: number; readonly to: number; readonly literal: Literal }
  /** At least so many items of these places. */
  | {
      readonly kind: 'some';
      readonly from: number;
      readonly to: number;
      readonly literals: readonly Literal[];
      readonly count: number;
    }
  /** At most so many items at all. */
  | { readonly kind: 'few'; readonly node: Node; readonly most: number }
  | { readonly kind: 'unique'; readonly holds: boolean }
  /** Every property with such a key. */
  | { readonly kind: 'properties'; readonly keys: Keys; readonly literal: Literal }
  /** At least one property with such a key. */
  | { readonly kind: 'property'; readonly keys: Keys; readonly literals: readonly Literal[] }
  /** Every key. */
  | { readonly kind: 'names'; readonly literal: Literal };

export type AtomOf<K extends Atom['kind']> = Extract<Atom, { kind: K }>;

/** A step of the search: an atom, a schema that is still to be taken apart, or a choice between several. */
export type Item =
  | Atom
  | { readonly kind: 'literal'; readonly literal: Literal }
  | { readonly kind: 'choice'; readonly of: readonly (readonly Item[])[] };

export const NEVER: Item = { kind: 'never' };
export const ANY_KEY: Keys = { patterns: [], outside: new Set(), literals: [] };
export const literal = (node: Node, holds: boolean): Item => ({ kind: 'literal', literal: { node, holds } });
export const keyNamed = (name: string): Keys => ({ ...ANY_KEY, name });
export const size = (min: number, max = Number.POSITIVE_INFINITY): Item => ({ kind: 'size', min, max });
export const has = (name: string, ...literals: Literal[]): Item => ({
  kind: 'property',
  keys: keyNamed(name),
  literals,
});
export const atomsOf = <K extends Atom['kind']>(atoms: readonly Atom[], kind: K): AtomOf<K>[] =>
  atoms.filter((atom): atom is AtomOf<K> => atom.kind === kind);
