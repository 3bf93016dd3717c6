// What is planted, and where it may be found again. Every value is drawn afresh, so that a find has one source.
import { randomBytes } from 'node:crypto';

/**
 * A credential may rest in no place but those listed below; content may also be where its tenant reads its own. What is nameless stands
 * where nothing says that it is secret, and looks like an id: no redactor can tell it, and the closed list of fields alone holds it back.
 */
export type CanaryKind = 'credential' | 'content' | 'nameless';

export interface Canary {
  readonly slot: string;
  readonly kind: CanaryKind;
  readonly value: string;
}

export interface Canaries {
  /** A new value for a slot, in the shape that `dress` gives to a random word. */
  plant(slot: string, kind: CanaryKind, dress?: (word: string) => string): string;
  /** A value that the server made: the part of it that no prefix gives away. */
  planted(slot: string, value: string): string;
  readonly all: readonly Canary[];
}

const LEAST = 16;

export function createCanaries(): Canaries {
  const all: Canary[] = [];
  return {
    all,
    plant: (slot, kind, dress = (word) => `canary${word}`) => {
      const value = dress(randomBytes(12).toString('hex'));
      all.push({ slot, kind, value });
      return value;
    },
    planted: (slot, value) => {
      if (value.length < LEAST) throw new RangeError(`${slot} is too short to be found for certain`);
      all.push({ slot, kind: 'credential', value });
      return value;
    },
  };
}

/** Text of more than two KiB around a canary, as a page or a document has it. */
export function longText(about: string): string {
  return `${about}. ${'A sally port is the small guarded gate of a fortress. '.repeat(60)}`;
}

interface Meant {
  readonly place: RegExp;
  readonly slots: RegExp;
  readonly kinds?: readonly CanaryKind[];
  readonly reason: string;
}

/** The sealed places, and the answers that exist to say it. Everything else is a leak. */
export const MEANT: readonly Meant[] = [
  {
    place: /^answer: make a key$/,
    slots: /^key for the query string$/,
    reason: 'a key is shown once, to whoever made it',
  },
  { place: /^answer: rotate a key$/, slots: /^rotated key$/, reason: 'its successor is shown once' },
  { place: /^answer: sign in$/, slots: /^session cookie$/, reason: 'the cookie goes to the browser that signed in' },
  { place: /^answer: sign a link$/, slots: /^signed link$/, reason: 'the link goes to whoever asked for it' },
  { place: /^answer: invite$/, slots: /^invitation$/, reason: 'the link goes to whoever invites' },
  { place: /^file: first-key$/, slots: /^API key$/, reason: 'the key file of the first boot, mode 0600' },
  { place: /^file: operator-key$/, slots: /^operator key$/, reason: 'the key file of the operator, mode 0600' },
  {
    place: /^file: keys\//,
    slots: /^(pepper|link key|certificate key)$/,
    reason: 'the secrets of the folder, mode 0600',
  },
  {
    place: /^(answer: (upload|events|export|content|run|entities)|cli: runs (show|events).*stdout)$/,
    slots: /./,
    kinds: ['content', 'nameless'],
    reason: 'a tenant reads its own task, pages and documents',
  },
];

/** Why a canary may be found there; undefined when it may not. */
export function reasonFor(place: string, canary: Canary): string | undefined {
  return MEANT.find(
    (one) =>
      one.place.test(place) &&
      one.slots.test(canary.slot) &&
      (one.kinds === undefined || one.kinds.includes(canary.kind)),
  )?.reason;
}
