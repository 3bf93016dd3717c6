// The steps of a purge in their order, and what a purge remembers from one to the next.
import type { Inventory } from './stores.ts';

/** Each word names what is to be done next. The tenant was closed before the first. */
export const STEPS = [
  'halt',
  'inventory',
  'tombstones',
  'rows',
  'blobs',
  'keys',
  'tenant',
  'scan',
  'certify',
  'done',
] as const;
export type Step = (typeof STEPS)[number];

export interface Progress {
  /** Store by store, before anything was deleted. */
  readonly stores: Readonly<Record<string, Inventory>>;
  readonly tombstones: { readonly runs: number; readonly events: number };
  readonly keys: readonly string[];
  /** Rows and blobs taken away; after a kill some may be counted twice. */
  readonly removed: number;
  /** How often the re-scan found something and the deletion began anew. */
  readonly rescans: number;
}

const NOTHING: Progress = { stores: {}, tombstones: { runs: 0, events: 0 }, keys: [], removed: 0, rescans: 0 };

/** What we wrote ourselves; a field of a later release that is missing has its first value. */
export function parseProgress(text: string): Progress {
  return { ...NOTHING, ...(JSON.parse(text) as Partial<Progress>) };
}

export function isStep(text: string): text is Step {
  return (STEPS as readonly string[]).includes(text);
}

export function stepAfter(step: Step): Step {
  return STEPS[STEPS.indexOf(step) + 1] ?? 'done';
}
