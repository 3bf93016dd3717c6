// Messages of a stream about the stream itself. They are not stored, and none of them has a hash.
import { Type } from 'typebox';
import { type Answered, Count, closed, Time, Word } from '../shapes.ts';

/**
 * These events are not told, and why. In the place of an event whose type has no older form it bears the `seq` of that event; as a control
 * message without an id it says that the log ends before what the reader has seen.
 */
export const StreamGap = closed({
  first_seq: Count,
  last_seq: Count,
  /** `no_older_form` or `log_is_shorter`; a reader treats another word as the reason that it says. */
  reason: Word,
  /** The type that has no older form. */
  type: Type.Optional(Word),
});
export type StreamGap = Answered<typeof StreamGap>;

/** Once a connection, to a reader of a release that will be taken away. */
export const ContractDeprecated = closed({ release: Word, successor: Word, deprecated_at: Time, sunset_at: Time });
export type ContractDeprecated = Answered<typeof ContractDeprecated>;

export const CONTROL_MESSAGES = { 'stream.gap': StreamGap, 'contract.deprecated': ContractDeprecated } as const;
/** The version of every control message. */
export const CONTROL_VERSION = 1;
