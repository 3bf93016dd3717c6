// Turns a stored event into the version that a reader knows: up when the reader is newer than the writer, down when it is older. What is
// stored is never touched; the copy says that it is one.
import type { TSchema } from 'typebox';
import type { EventEnvelope } from '../envelope.ts';
import { readerOf } from '../reader.ts';
import { type Checker, checker } from '../validate.ts';
import type { Data, Step } from './step.ts';

export interface Converter {
  /** The event as a reader who knows `version` of its type reads it; undefined for a reader who does not know the type. */
  view<E extends Head>(stored: E, version: number | undefined): E;
}

export type Head = Omit<EventEnvelope, 'data'> & { readonly data?: unknown };

interface Judged extends Step {
  readonly readsOlder: Checker<unknown>;
  readonly readsNewer: Checker<unknown>;
}

/** `newest` says what is written now under a type. */
export function createConverter(steps: readonly Step[], newest: (type: string) => TSchema | undefined): Converter {
  const judged = new Map<string, Judged>();
  for (const step of steps) {
    const after = steps.find(({ type, from }) => type === step.type && from === step.from + 1)?.older;
    const newer = after ?? newest(step.type);
    if (newer === undefined) throw new RangeError(`nothing follows ${step.type}@${step.from}`);
    const reads = (schema: TSchema): Checker<unknown> => checker(readerOf(schema) as TSchema);
    judged.set(`${step.type}@${step.from}`, { ...step, readsOlder: reads(step.older), readsNewer: reads(newer) });
  }
  return {
    view: (stored, version) => {
      if (version === undefined) return withFallback(stored);
      if (version === stored.version) return stored;
      const steps = pathOf(judged, stored.type, stored.version, version);
      // Written by a newer release than this one, which knows no way down.
      if (steps === undefined) return withFallback(stored);
      return version > stored.version ? raise(stored, version, steps) : lower(stored, version, steps);
    },
  };
}

/** The steps from one version to another, in the order in which they are taken. */
function pathOf(
  judged: ReadonlyMap<string, Judged>,
  type: string,
  from: number,
  to: number,
): readonly Judged[] | undefined {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const path: Judged[] = [];
  for (let version = low; version < high; version++) {
    const step = judged.get(`${type}@${version}`);
    if (step === undefined) return undefined;
    path.push(step);
  }
  return from < to ? path : path.reverse();
}

function raise<E extends Head>(stored: E, version: number, path: readonly Judged[]): E {
  if (!hasData(stored)) return copyOf(stored, version);
  let data = stored.data as Data;
  for (const step of path) {
    // Data that are not what their version promises are shown as they are: a guess would be worse.
    if (!step.readsOlder(data).ok) return stored;
    data = step.up(data, { actor: stored.actor });
  }
  return { ...copyOf(stored, version), data };
}

function lower<E extends Head>(stored: E, version: number, path: readonly Judged[]): E {
  if (path.some(({ down }) => down === undefined)) return gapOf(stored);
  if (!hasData(stored)) return copyOf(stored, version);
  let data = stored.data as Data;
  for (const { readsNewer, down } of path) {
    if (down === undefined || !readsNewer(data).ok) return withFallback(stored);
    data = down(data);
  }
  return { ...copyOf(stored, version), data };
}

/** A head has no data, and a payload that was removed is null: then there is nothing to convert but the number. */
const hasData = ({ data }: Head): boolean => data !== undefined && data !== null;

function copyOf<E extends Head>(stored: E, version: number): E {
  const { hash, ...rest } = stored;
  const view = { of_version: stored.version, to_version: version };
  return { ...rest, version, ...(hash === undefined ? {} : { stored_hash: hash }), view } as unknown as E;
}

/** Stands where the event stands, so that `seq` stays dense. */
function gapOf<E extends Head>(stored: E): E {
  const { hash, view: _view, ...rest } = stored;
  const { seq, type } = stored;
  const told = { first_seq: seq, last_seq: seq, reason: 'no_older_form', type };
  return {
    ...rest,
    ...(hash === undefined ? {} : { stored_hash: hash }),
    ...('data' in stored ? { data: told } : {}),
    ...fallbackOf(stored),
    type: 'stream.gap',
    version: 1,
    data_state: 'present',
  } as unknown as E;
}

function withFallback<E extends Head>(stored: E): E {
  return stored.fallback === undefined ? { ...stored, ...fallbackOf(stored) } : stored;
}

/** `tool.call.denied` as `Tool call denied`. */
function fallbackOf({ type, version, seq }: Head): Pick<EventEnvelope, 'fallback'> {
  const words = type.slice(0, 100).replaceAll(/[._]+/g, ' ').trim();
  const title = words === '' ? 'Event' : `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
  const text = `Event ${seq} is ${type.slice(0, 100)} in version ${version}, which this release of the contracts does not know.`;
  return { fallback: { title, text } };
}
