// Owns the entity types: attributes, identity keys and a plain-text title of each.
// Promises that an attribute set is checked before it is stored, and that unknown types are readable as key and value.
// Must never widen identity keys in place: that is a new version with a migration.
import { type TObject, Type } from 'typebox';
import { Count, closed, Uuid } from './shapes.ts';
import { type Checked, checker } from './validate.ts';

const Line = Type.String({ maxLength: 1_000 });
const Prose = Type.String({ maxLength: 20_000 });

export interface EntityType {
  readonly name: string;
  readonly version: number;
  readonly attributes: TObject;
  /** Attributes that together say which thing of the world this is. */
  readonly identity: readonly string[];
  /** Attribute shown as the title; always rendered as plain text. */
  readonly title: string;
}

export const ENTITY_TYPES: readonly EntityType[] = [
  {
    name: 'page',
    version: 1,
    attributes: closed({
      url: Type.String({ minLength: 1, maxLength: 4_000 }),
      title: Line,
      byline: Type.Optional(Line),
      summary: Prose,
      word_count: Type.Optional(Count),
    }),
    identity: ['url'],
    title: 'title',
  },
  {
    name: 'document',
    version: 1,
    attributes: closed({
      artifact_id: Uuid,
      title: Line,
      summary: Prose,
      word_count: Type.Optional(Count),
      media_type: Type.Optional(Line),
    }),
    identity: ['artifact_id'],
    title: 'title',
  },
];

const checkers = new Map(ENTITY_TYPES.map((type) => [`${type.name}@${type.version}`, checker(type.attributes)]));

/** Finds a type by `name@version`. */
export function findEntityType(reference: string): EntityType | undefined {
  return ENTITY_TYPES.find((type) => `${type.name}@${type.version}` === reference);
}

/** Checks attributes against the type `name@version`. */
export function checkEntity(reference: string, attributes: unknown): Checked<Record<string, unknown>> {
  const check = checkers.get(reference);
  if (check === undefined) return { ok: false, problems: [{ path: '', message: `unknown entity type ${reference}` }] };
  return check(attributes) as Checked<Record<string, unknown>>;
}
