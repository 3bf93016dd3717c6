// Owns labels, grants and the treatment of untrusted text.
// Promises that a decision is pure and takes no model's word; that sanitising is idempotent and linear.
// Must never lower a label, nor let anything a tool returned widen a grant.
import { randomBytes } from 'node:crypto';

export { decideGrant, type Grant, type GrantVerdict, type ProposedCall } from './grant.ts';
export { type Finding, sanitize } from './sanitize.ts';
export { inertLinks, isStated, normalizeUrl, statedUrls } from './urls.ts';

export type Integrity = 'trusted' | 'untrusted';
export type Confidentiality = 'public' | 'private';

export interface Label {
  readonly integrity: Integrity;
  readonly confidentiality: Confidentiality;
  readonly sources: readonly string[];
}

/** Least integrity, most confidentiality, union of sources (R3). */
export function joinLabels(...labels: readonly Label[]): Label {
  return {
    integrity: labels.some((label) => label.integrity === 'untrusted') ? 'untrusted' : 'trusted',
    confidentiality: labels.some((label) => label.confidentiality === 'private') ? 'private' : 'public',
    sources: [...new Set(labels.flatMap((label) => label.sources))].slice(0, 100),
  };
}

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
