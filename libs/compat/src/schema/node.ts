// A schema as the comparer sees it: one record of assertions a subschema. Equal subschemas are one record, whichever document holds them.
import type { Json, JsonType } from './json.ts';

export interface Node {
  readonly id: number;
  /** Undefined for a schema of keywords; else the schema `true` or `false`. */
  always?: boolean;
  /** What is not judged here; where this is not empty, nothing that rests on the whole node is ever proven. */
  readonly opaque: string[];
  types?: ReadonlySet<JsonType>;
  /** `type` names `integer` and not `number`. */
  integersOnly?: boolean;
  values?: readonly Json[];
  readonly limits: Partial<Record<Limit, number>>;
  pattern?: string;
  unique?: boolean;
  prefix?: readonly Node[];
  items?: Node;
  contains?: { readonly node: Node; readonly min: number; readonly max: number };
  properties?: ReadonlyMap<string, Node>;
  patterns?: readonly (readonly [string, Node])[];
  /** What stands for every key that these do not name. */
  rest?: { readonly node: Node; readonly names: ReadonlySet<string>; readonly patterns: readonly string[] };
  propertyNames?: Node;
  required?: readonly string[];
  dependentRequired?: readonly (readonly [string, readonly string[]])[];
  dependentSchemas?: readonly (readonly [string, Node])[];
  all?: readonly Node[];
  any?: readonly Node[];
  one?: readonly Node[];
  not?: Node;
  condition?: { readonly if: Node; readonly then?: Node; readonly else?: Node };
}

/** Keywords whose value is one number. */
export const LIMITS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const;
export type Limit = (typeof LIMITS)[number];

/** Keywords that hold subschemas, by the shape of their value. */
export const ONE_SCHEMA = [
  'items',
  'contains',
  'additionalProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
] as const;
export const LIST_OF_SCHEMAS = ['prefixItems', 'allOf', 'anyOf', 'oneOf'] as const;
export const MAP_OF_SCHEMAS = ['properties', 'patternProperties', 'dependentSchemas', '$defs', 'definitions'] as const;
/** Assertions whose value is data. */
export const PLAIN = [
  ...LIMITS,
  'type',
  'enum',
  'const',
  'pattern',
  'uniqueItems',
  'minContains',
  'maxContains',
  'required',
  'dependentRequired',
  '$ref',
] as const;
/** Keywords that assert something in this or an older dialect, and are not judged here. Every other unknown keyword is an annotation. */
export const UNJUDGED = [
  '$dynamicRef',
  '$recursiveRef',
  'dependencies',
  'additionalItems',
  'divisibleBy',
  'disallow',
  'extends',
];
