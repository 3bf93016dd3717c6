// Strings: lengths, patterns, and some texts that are left out.

import type { Expression } from '../patterns/expression.ts';
import type { Patterns } from '../patterns/patterns.ts';
import { findText } from '../patterns/search.ts';
import { type Atom, atomsOf } from './atoms.ts';
import { NONE, type Outcome, UNKNOWN } from './goal.ts';

/** The bounds of all size atoms together. */
export function sizeOf(atoms: readonly Atom[]): { min: number; max: number } {
  const sizes = atomsOf(atoms, 'size');
  return {
    min: Math.max(0, ...sizes.map(({ min }) => min)),
    max: Math.min(Number.POSITIVE_INFINITY, ...sizes.map(({ max }) => max)),
  };
}

export function closeText(atoms: readonly Atom[], patterns: Patterns): Outcome {
  const { min, max } = sizeOf(atoms);
  if (min > max) return NONE;
  const demands = atomsOf(atoms, 'pattern');
  const denied = new Set(demands.filter(({ holds }) => !holds).map(({ source }) => source));
  if (demands.some(({ source, holds }) => holds && denied.has(source))) return NONE;
  const others = atomsOf(atoms, 'differs').flatMap(({ from }) => (typeof from === 'string' ? [from] : []));
  if (demands.length === 0 && max > 0) return anyText(min, max, new Set(others));
  const read = (holds: boolean): Expression[] =>
    demands.filter((demand) => demand.holds === holds).flatMap(({ source }) => patterns.read(source) ?? []);
  const found = findText(patterns.make, {
    matches: read(true),
    misses: [...read(false), ...others.map((text) => patterns.make.text(text))],
    min,
    max,
  });
  return found.is === 'none' ? NONE : found;
}

/** Without a pattern there are more texts of any length above zero than could be left out. */
function anyText(min: number, max: number, others: ReadonlySet<string>): Outcome {
  if (min > 1_000_000) return UNKNOWN;
  for (let at = 0; at <= others.size; at++) {
    for (const length of new Set([min, Math.max(1, min), Math.min(max, min + at)])) {
      const text = length === 0 ? '' : letters(at).padStart(length, 'a').slice(-length);
      if (!others.has(text)) return { is: 'found', value: text };
    }
  }
  return UNKNOWN;
}

function letters(count: number): string {
  return String.fromCodePoint(97 + (count % 26), ...(count >= 26 ? [97 + Math.floor(count / 26)] : []));
}
