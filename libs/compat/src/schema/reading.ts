// What the readers of keywords are given.
import type { JsonObject } from './json.ts';
import type { Node } from './node.ts';

/** What the readers of keywords share: the schema, the node to fill, and how to read a subschema of the same document. */
export interface Reading {
  readonly schema: JsonObject;
  readonly node: Node;
  read(schema: unknown): Node;
  /** Says that a keyword is not judged. */
  refuse(keyword: string, why: string): void;
}
