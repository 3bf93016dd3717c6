// The gate: what was released stays as it was, word for word, and what follows it under the same name breaks no reader of any revision
// of it. A writer's schema is closed and the schema that it is read by is the same one opened (DEC-004), so a field more passes both ways.
import { DATA, readerOf } from './reader.ts';
import { type ContractSet, digestOf, fileOf, type Revision } from './released.ts';

type Answer = 'yes' | 'no' | 'unknown';

/** The comparer, given by whoever asks: contracts import nothing. */
export type Compare = (
  old: unknown,
  next: unknown,
) => {
  readonly backward: Answer;
  readonly reasons: readonly {
    readonly direction: string;
    readonly path: string;
    readonly detail: string;
    readonly counterexample?: unknown;
  }[];
};

export interface ReleaseFault {
  readonly name: string;
  readonly kind: 'edited' | 'missing' | 'breaks';
  readonly detail: string;
  /** Data that one side writes and the other does not read. */
  readonly counterexample?: unknown;
}

export interface ReleaseVerdict {
  readonly ok: boolean;
  readonly faults: readonly ReleaseFault[];
  /** Names that were never released. */
  readonly added: readonly string[];
  /** Names with a change that breaks nobody, to be the next revision. */
  readonly revised: readonly string[];
}

/** May this set follow what was released? What cannot be proven to be compatible counts as breaking. */
export function judgeRelease(released: readonly Revision[], present: ContractSet, compare: Compare): ReleaseVerdict {
  const faults: ReleaseFault[] = released.flatMap((revision) => judgeFile(revision));
  const names = [...new Set(released.map(({ name }) => name))];
  const revised: string[] = [];
  for (const name of names) {
    const schema = present[name];
    const revisions = released.filter((revision) => revision.name === name);
    if (schema === undefined)
      faults.push({ name, kind: 'missing', detail: 'a released contract stays readable for ever' });
    else if (revisions.at(-1)?.digest !== digestOf(schema)) {
      const broken = revisions.flatMap((revision) => judgeChange(revision, schema, compare));
      faults.push(...broken.slice(0, 1));
      if (broken.length === 0) revised.push(name);
    }
  }
  const added = Object.keys(present).filter((name) => !names.includes(name));
  return { ok: faults.length === 0, faults, added, revised };
}

function judgeFile({ name, revision, digest, schema }: Revision): ReleaseFault[] {
  if (schema !== undefined && digestOf(schema) === digest) return [];
  const what = schema === undefined ? 'is gone' : 'was edited';
  return [{ name, kind: 'edited', detail: `contracts/${fileOf(name, revision)} ${what}: what was released is frozen` }];
}

function judgeChange({ name, schema: old }: Revision, next: object, compare: Compare): ReleaseFault[] {
  if (old === undefined) return [];
  const breaks = (detail: string, shown: object = {}): ReleaseFault => ({ name, kind: 'breaks', detail, ...shown });
  const found: ReleaseFault[] = [];
  for (const [writer, reader, who] of [
    [old, readerOf(next), 'the new reader does not read what was written'],
    [next, readerOf(old), 'an old reader does not read what is written'],
  ] as const) {
    const { backward, reasons } = compare(writer, reader);
    if (backward === 'yes') continue;
    const reason = reasons.find(({ direction }) => direction === 'backward');
    const at = reason === undefined ? '' : `: ${reason.path} ${reason.detail}`;
    const doubt = backward === 'unknown' ? ' (not proven)' : '';
    const shown = reason !== undefined && 'counterexample' in reason ? { counterexample: reason.counterexample } : {};
    found.push(breaks(`${who}${doubt}${at}`, shown));
  }
  const after = placesOf(next);
  for (const [place, meaning] of placesOf(old)) {
    if (!after.has(place)) found.push(breaks(`${place} was removed: a name that was released stays`));
    else if (meaning !== undefined && after.get(place) !== meaning)
      found.push(breaks(`${place} has another meaning (x-semantics)`));
  }
  return found;
}

/** Every property by its place, with what is declared about its meaning; no schema shows a change of unit. */
function placesOf(schema: unknown): Map<string, string | undefined> {
  const places = new Map<string, string | undefined>();
  const walk = (value: unknown, at: string): void => {
    if (Array.isArray(value)) for (const inner of value) walk(inner, at);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return;
    const { 'x-semantics': meaning, properties, items, ...others } = value as Readonly<Record<string, unknown>>;
    if (meaning !== undefined) places.set(at, JSON.stringify(meaning));
    walk(items, `${at}/[]`);
    for (const [key, inner] of Object.entries(others)) if (!DATA.has(key)) walk(inner, at);
    for (const [name, inner] of Object.entries(properties ?? {})) {
      places.set(`${at}/${name}`, places.get(`${at}/${name}`));
      walk(inner, `${at}/${name}`);
    }
  };
  walk(schema, '');
  return places;
}
