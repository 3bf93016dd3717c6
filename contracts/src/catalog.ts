// What a release says of its own contracts.
import { Type } from 'typebox';
import { type Answered, Count, closed, Sha256, Word } from './shapes.ts';

/** One version of an event or of a type of entities, as this release writes it. */
export const ContractSummary = closed({
  kind: Type.Union([Type.Literal('event'), Type.Literal('entity')]),
  name: Word,
  version: Count,
  /** SHA-256 of the writer's schema as canonical JSON (RFC 8785). */
  digest: Sha256,
  /** JSON Schema, closed: what is written. */
  writer: Type.Object({}),
  /** JSON Schema, open: an unknown field, type or version is normal input to a reader. */
  reader: Type.Object({}),
});
export type ContractSummary = Answered<typeof ContractSummary>;
