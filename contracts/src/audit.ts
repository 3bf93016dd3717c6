// A record of a security-relevant act, as it is sent and exported: references and digests only.
import { Type } from 'typebox';
import { type Answered, Count, closed, orNull, Sha256, Time, Uuid, Word } from './shapes.ts';

const Text = Type.String();

/** One sealed record of the audit log. */
export const AuditRecord = closed({
  id: Uuid,
  tenant_id: Uuid,
  time: Time,
  actor: closed({ kind: Word, id: Word }),
  on_behalf_of: orNull(Uuid),
  /** `noun.verb_past`; an action that a reader does not know is normal input. */
  action: Word,
  object: orNull(closed({ kind: Word, id: Text })),
  outcome: Word,
  reason: orNull(Text),
  request_id: orNull(Uuid),
  detail: Type.Record(Text, Type.Unknown()),
  seq: Count,
  prev_hash: orNull(Sha256),
  hash: Sha256,
});
export type AuditRecord = Answered<typeof AuditRecord>;
