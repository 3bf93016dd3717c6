// How long things are kept, and how a tenant is deleted: policies, purges and their certificates.
import { type Static, Type } from 'typebox';
import { type Answered, Count, closed, orNull, Sha256, Time, Uuid, Word } from './shapes.ts';

export const RETENTION_CLASSES = ['run', 'page', 'artifact', 'upload', 'rendering', 'entity', 'session'] as const;
export type RetentionClass = (typeof RETENTION_CLASSES)[number];

const Days = Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 }));
/** Days to keep, by data class; a class that is not named stays as it is. */
export const PutRetention = closed({
  run: Days,
  page: Days,
  artifact: Days,
  upload: Days,
  rendering: Days,
  entity: Days,
  session: Days,
});
export type PutRetention = Static<typeof PutRetention>;

export const RetentionPolicy = closed({
  data_class: Word,
  /** Null: as long as the tenant stands. */
  days: orNull(Count),
  /** What holds when the tenant says nothing. */
  default_days: orNull(Count),
  /** False for a class whose time is the same for all. */
  changeable: Type.Boolean(),
  about: Type.String(),
});
export type RetentionPolicy = Answered<typeof RetentionPolicy>;

export const RetentionPolicies = closed({ data: Type.Array(RetentionPolicy) });

/** The tenant's name, typed by hand: deletion cannot be undone. */
export const DeleteTenant = closed({ confirm: Type.String({ minLength: 1, maxLength: 200 }) });
export type DeleteTenant = Static<typeof DeleteTenant>;

/** What a purge found and took away, store by store: counts and digests, no content. Signed over its canonical JSON without `signature`. */
export const Certificate = closed({
  sallyport_certificate: Type.Literal(1),
  purge_id: Uuid,
  tenant_id: Uuid,
  version: Word,
  requested_at: Time,
  certified_at: Time,
  stores: Type.Array(closed({ name: Word, found: Count, digest: Sha256, remaining: Count })),
  tombstones: closed({ runs: Count, events: Count }),
  keys_destroyed: Type.Array(Word),
  rescans: Count,
  not_covered: Type.Array(Type.String()),
  signature: closed({ algorithm: Type.Literal('Ed25519'), public_key: Word, value: Word }),
});
export type Certificate = Answered<typeof Certificate>;

export const Purge = closed({
  id: Uuid,
  tenant_id: Uuid,
  /** What is being done; `done` at the end. */
  step: Word,
  steps: Type.Array(Word),
  requested_at: Time,
  ended_at: orNull(Time),
  /** Rows and blobs that were there. */
  found: Count,
  /** And that are gone so far. */
  removed: Count,
  certificate: orNull(Certificate),
});
export type Purge = Answered<typeof Purge>;
