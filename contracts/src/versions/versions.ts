// Owns what older writers wrote and what older readers know: the steps between versions, the dated releases, the messages of a stream.
// Promises that a version that was released stays readable, and that a denial is a denial in every version of it.
// Must never change what is stored, nor let a copy in another version bear the hash of the original.
import type { TSchema } from 'typebox';
import { EVENT_VERSIONS, type EventType, eventSchemas } from '../events.ts';
import { readerOf } from '../reader.ts';
import { type Checker, checker } from '../validate.ts';
import { createConverter, type Head } from './convert.ts';
import { CURRENT_RELEASE } from './release-dates.ts';
import { type ContractRelease, releasesOf } from './releases.ts';
import type { Step } from './step.ts';
import { toolCallDenied } from './tool-call-denied.ts';

export {
  CONTROL_MESSAGES,
  CONTROL_VERSION,
  ContractDeprecated,
  StreamGap,
} from './control.ts';
export type { Head, Step };
export { type ContractRelease, CURRENT_RELEASE };

/** Every step there is. */
export const STEPS: readonly Step[] = [toolCallDenied];

const written = new Map<string, TSchema>(Object.entries(eventSchemas()));
const converter = createConverter(STEPS, (type) => written.get(type));

/** Every release that is supported, the oldest first. */
export const CONTRACT_RELEASES: readonly ContractRelease[] = releasesOf(EVENT_VERSIONS);

/** What is promised to who names no release and has none pinned: the form that everybody could always read. */
export const OLDEST_RELEASE: string = CONTRACT_RELEASES[0]?.date ?? CURRENT_RELEASE;

export function findRelease(date: string): ContractRelease | undefined {
  return CONTRACT_RELEASES.find((release) => release.date === date);
}

/** A stored event as this release reads it. What a newer release wrote is left as it is. */
export function currentView<E extends Head>(stored: E): E {
  const version = newestOf(stored.type);
  return version !== undefined && version > stored.version ? converter.view(stored, version) : stored;
}

/** How a reader of a release is shown an event that is stored. */
export function viewFor(release: ContractRelease): <E extends Head>(stored: E) => E {
  return (stored) => converter.view(stored, release.versions.get(stored.type));
}

const readers = new Map<string, Checker<unknown>>();

/** Whether data are what a version of a type promises its readers. False for a type or a version that this release does not know. */
export function isReadable(type: string, version: number, data: unknown): boolean {
  const name = `${type}@${version}`;
  const schema =
    STEPS.find((step) => step.type === type && step.from === version)?.older ??
    (newestOf(type) === version ? written.get(type) : undefined);
  if (schema === undefined) return false;
  const reads = readers.get(name) ?? checker(readerOf(schema) as TSchema);
  readers.set(name, reads);
  return reads(data).ok;
}

function newestOf(type: string): number | undefined {
  return Object.hasOwn(EVENT_VERSIONS, type) ? EVENT_VERSIONS[type as EventType] : undefined;
}
