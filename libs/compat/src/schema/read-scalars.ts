// Keywords whose value is a number, and the pattern of strings. `format` is an annotation in 2020-12, and is taken as one.
import { LIMITS } from './node.ts';
import type { Reading } from './reading.ts';

const SIGNED = new Set<string>(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum']);

export function readScalars({ schema, node, refuse }: Reading): void {
  for (const keyword of LIMITS) {
    const value = schema[keyword];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isFinite(value)) refuse(keyword, 'is not a number');
    else if (keyword === 'multipleOf' && value <= 0) refuse(keyword, 'is not above zero');
    else if (keyword !== 'multipleOf' && !SIGNED.has(keyword) && (value < 0 || !Number.isInteger(value)))
      refuse(keyword, 'is not a count');
    else node.limits[keyword] = value;
  }
  const { pattern } = schema;
  if (typeof pattern === 'string') node.pattern = pattern;
  else if (pattern !== undefined) refuse('pattern', 'is not a string');
}
