// The small shapes that every contract is built from.
import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';

export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' });
export const Time = Type.String({ minLength: 20, maxLength: 40 });
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
/** A decimal string, never a float: up to ten digits each side of the point. */
export const Money = Type.String({ pattern: '^\\d{1,10}(\\.\\d{1,10})?$' });
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const CallId = Type.String({ minLength: 1, maxLength: 100 });
/** The date of a release of the contracts; whether there is such a release is said by whoever reads it. */
export const Release = Type.String({ minLength: 1, maxLength: 40 });
export const Word = Type.String({ minLength: 1, maxLength: 200 });
export const Integrity = Type.Union([Type.Literal('trusted'), Type.Literal('untrusted')]);
export const Confidentiality = Type.Union([Type.Literal('public'), Type.Literal('private')]);

/** What a writer may write: named fields and nothing else (DEC-004). */
export function closed<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}

/** What a reader gets is not changed by it. */
type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T;
/** The type of an answer. */
export type Answered<S extends TSchema> = Frozen<Static<S>>;

export const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
