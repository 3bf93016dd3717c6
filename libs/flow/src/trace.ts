// Everything that was decided and why, each entry bound to the one before it (R32).
import { canonicalText, digestOf } from './canonical.ts';
import { FlowError } from './flow-error.ts';
import type { Json } from './sanitize.ts';

export interface TraceEntry {
  readonly seq: number;
  readonly previous: string;
  readonly kind:
    | 'opened'
    | 'stated'
    | 'decided'
    | 'settled'
    | 'started'
    | 'result'
    | 'received'
    | 'approval'
    | 'answer';
  readonly data: { readonly [key: string]: Json };
  readonly hash: string;
}

export interface Audit {
  append(entry: TraceEntry): void;
}

export interface Trace {
  write(kind: TraceEntry['kind'], data: Readonly<Record<string, unknown>>): void;
  entries(): readonly TraceEntry[];
}

const START = '0'.repeat(64);
const MOST_ENTRIES = 100_000;

/** `earlier` are the entries of a session that goes on after a restart. */
export function createTrace(audit: Audit | undefined, earlier: readonly TraceEntry[] = []): Trace {
  const entries: TraceEntry[] = [...earlier];
  return {
    write: (kind, data) => {
      if (entries.length >= MOST_ENTRIES) throw new FlowError('too_large', 'The trace is full.');
      const plain = JSON.parse(canonicalText(data)) as TraceEntry['data'];
      const body = { seq: entries.length, previous: entries.at(-1)?.hash ?? START, kind, data: plain };
      const entry = Object.freeze({ ...body, hash: digestOf(body) });
      entries.push(entry);
      audit?.append(entry);
    },
    entries: () => [...entries],
  };
}

/** Undefined when every entry stands where it stood; else the first one that does not. */
export function findBrokenEntry(entries: readonly TraceEntry[]): number | undefined {
  let previous = START;
  for (const [index, entry] of entries.entries()) {
    const { hash, ...body } = entry;
    if (body.seq !== index || body.previous !== previous || digestOf(body) !== hash) return index;
    previous = hash;
  }
  return undefined;
}
