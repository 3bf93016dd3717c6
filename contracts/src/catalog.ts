// What a release says of its own contracts.
import { Type } from 'typebox';
import { type Answered, Count, closed, orNull, Sha256, Time, Word } from './shapes.ts';

/** One version of an event, of a message of a stream, or of a type of entities. */
export const ContractSummary = closed({
  kind: Type.Union([Type.Literal('event'), Type.Literal('entity'), Type.Literal('control')]),
  name: Word,
  version: Count,
  /** True for what this release writes; the others are what it still reads. */
  written: Type.Boolean(),
  /** SHA-256 of the writer's schema as canonical JSON (RFC 8785). */
  digest: Sha256,
  /** JSON Schema, closed: what is written. */
  writer: Type.Object({}),
  /** JSON Schema, open: an unknown field, type or version is normal input to a reader. */
  reader: Type.Object({}),
});
export type ContractSummary = Answered<typeof ContractSummary>;

/** A dated release of the whole set, which `Contracts-Version` may name. */
export const ReleaseSummary = closed({
  date: Word,
  /** The version of each event type that a reader of this release is shown. A type that is not here is shown with its fallback. */
  versions: Type.Record(Type.String(), Count),
  deprecated_at: orNull(Time),
  /** It is supported until then at least. */
  sunset_at: orNull(Time),
});
export type ReleaseSummary = Answered<typeof ReleaseSummary>;

export const ContractList = closed({
  data: Type.Array(ContractSummary),
  next_cursor: Type.Null(),
  /** The oldest first. */
  releases: Type.Array(ReleaseSummary),
});
