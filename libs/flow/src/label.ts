// What is known of a value: who could have written it, who may see it, where it came from (R3).

export type Integrity = 'trusted' | 'untrusted';
export type Confidentiality = 'public' | 'private';

export interface Label {
  readonly integrity: Integrity;
  readonly confidentiality: Confidentiality;
  readonly sources: readonly string[];
}

const MOST_SOURCES = 100;

/** Least integrity, most confidentiality, union of sources (R3). */
export function joinLabels(...labels: readonly Label[]): Label {
  return {
    integrity: labels.some((label) => label.integrity === 'untrusted') ? 'untrusted' : 'trusted',
    confidentiality: labels.some((label) => label.confidentiality === 'private') ? 'private' : 'public',
    sources: [...new Set(labels.flatMap((label) => label.sources))].slice(0, MOST_SOURCES),
  };
}

/** R34, no write-up: what is worth less never replaces what is worth more; it is kept beside it until a person promotes it. */
export function decideMerge(stored: Label, incoming: Label): 'replace' | 'observe' {
  return stored.integrity === 'trusted' && incoming.integrity === 'untrusted' ? 'observe' : 'replace';
}
