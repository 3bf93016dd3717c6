// Text from outside, between two marks that it could not have foreseen (R23).
import { randomBytes } from 'node:crypto';
import type { Label } from './label.ts';

/** Wraps untrusted text with its source and a fresh boundary that does not occur in it (R23). */
export function wrapUntrusted(input: {
  readonly source: string;
  readonly label: Label;
  readonly text: string;
}): string {
  let boundary = randomBytes(12).toString('hex');
  while (input.text.includes(boundary)) boundary = randomBytes(12).toString('hex');
  const { integrity, confidentiality } = input.label;
  const source = input.source.replace(/[^\w.:@/-]/g, '_').slice(0, 200);
  return `<untrusted-${boundary} source="${source}" integrity="${integrity}" confidentiality="${confidentiality}">\n${input.text}\n</untrusted-${boundary}>`;
}
