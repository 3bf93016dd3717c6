// An event as it is sent: its envelope, and what is said of one that was turned into another version on its way.
import { Type } from 'typebox';
import { Actor } from './events.ts';
import { type Answered, Count, closed, orNull, Sha256, Time, Uuid, Word } from './shapes.ts';

const envelope = {
  id: Uuid,
  tenant_id: Uuid,
  run_id: Uuid,
  seq: Count,
  type: Word,
  version: Count,
  time: Time,
  actor: Actor,
  data_state: Type.Union([
    Type.Literal('present'),
    Type.Literal('expired'),
    Type.Literal('redacted'),
    Type.Literal('erased'),
  ]),
  prev_hash: orNull(Sha256),
  /** Of what is stored; absent from a copy in another version, which it would not be the hash of. */
  hash: Type.Optional(Sha256),
  /** Only on a copy in another version: the hash of what is stored. An export holds every event as it is stored. */
  stored_hash: Type.Optional(Sha256),
  /** Only on a copy in another version. */
  view: Type.Optional(closed({ of_version: Count, to_version: Count })),
  /** Plain words for a reader that does not know the type. Text, never markup. */
  fallback: Type.Optional(closed({ title: Type.String({ maxLength: 120 }), text: Type.String({ maxLength: 500 }) })),
};

/** `data` is of its `type`; null when it is not present any more. */
export const EventEnvelope = closed({ ...envelope, data: Type.Unknown() });
export type EventEnvelope = Answered<typeof EventEnvelope>;

/** An event under `view=envelope`. */
export const EventHeader = closed(envelope);
export type EventHeader = Answered<typeof EventHeader>;
