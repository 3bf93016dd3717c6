// One value against one schema, with the comparer's own evaluator: patterns in linear time, numbers exactly, and nothing guessed.
import { isSmall } from './compare.ts';
import { Expressions } from './patterns/expression.ts';
import { Patterns } from './patterns/patterns.ts';
import { evaluate } from './schema/evaluate.ts';
import { Nodes, strangeness } from './schema/read.ts';
import type { Verdict } from './schema/verdict.ts';

export interface Unjudged {
  readonly keyword: string;
  readonly why: string;
}

/** What stands in a schema and is not judged; an empty list means that every value is decided, and that a comparison may be. */
export function findUnjudged(schema: unknown): Unjudged[] {
  if (!isSmall(schema)) return [{ keyword: 'schema', why: 'too deep or too large' }];
  const nodes = new Nodes();
  const strange = strangeness(nodes.document(schema));
  const patterns = new Patterns(new Expressions());
  const unread = [...nodes.patterns()].filter((pattern) => patterns.read(pattern) === undefined);
  return [
    ...(strange === undefined ? [] : [strange]),
    ...nodes.refusals(),
    ...unread.map((pattern): readonly [string, string] => ['pattern', `${pattern} is not read`]),
  ].map(([keyword, why]) => ({ keyword, why }));
}

/** Whether a value is valid; `unknown` where that hangs on something that is not judged. Never throws. */
export function checkValue(schema: unknown, value: unknown): Verdict {
  if (!isSmall(schema)) return { is: 'unknown', why: 'the schema is too deep or too large' };
  const nodes = new Nodes();
  return evaluate(nodes.document(schema), value, new Patterns(new Expressions()));
}
