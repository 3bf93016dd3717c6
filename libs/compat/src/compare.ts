// May data written under one schema be read under another? The answer is "yes" when it is proven and "no" when there is a value to show.

import { type Literal, no, yes } from './decide/goal.ts';
import { Solver } from './decide/solver.ts';
import { Expressions } from './patterns/expression.ts';
import { Patterns } from './patterns/patterns.ts';
import { evaluate } from './schema/evaluate.ts';
import { isObject } from './schema/json.ts';
import type { Node } from './schema/node.ts';
import { Nodes, plainText, strangeness } from './schema/read.ts';

export type Answer = 'yes' | 'no' | 'unknown';
export type Direction = 'backward' | 'forward';

export interface Reason {
  readonly direction: Direction;
  readonly answer: 'no' | 'unknown';
  /** JSON pointer into the counter-example (RFC 6901); empty for the whole value. */
  readonly path: string;
  /** The keyword of the schema that turns the counter-example away, or what is not judged. */
  readonly keyword: string;
  readonly detail: string;
  /** Valid under the schema that writes, invalid under the one that reads; present for every `no`. */
  readonly counterexample?: unknown;
}

export interface Comparison {
  /** Data of the old schema is valid under the new one: a new reader reads what was written before. */
  readonly backward: Answer;
  /** Data of the new schema is valid under the old one: an old reader reads what is written from now on. */
  readonly forward: Answer;
  readonly reasons: readonly Reason[];
  /** That of the first reason which has one. */
  readonly counterexample?: unknown;
}

export interface CompareOptions {
  /** Steps of the search a direction, 20 000 by default. What is not decided by then is unknown. */
  readonly steps?: number;
  /** Time a direction, 3 000 by default. */
  readonly milliseconds?: number;
}

const MOST_DEPTH = 80;
const MOST_PARTS = 20_000;

/**
 * Compares two JSON Schema documents (2020-12). Never throws and never guesses: what cannot be proven either way is `unknown`, and a caller
 * that guards readers counts it as breaking.
 *
 * ```ts
 * compare({ type: 'integer' }, { type: 'number' }); // { backward: 'yes', forward: 'no', counterexample: 0.5, reasons: [...] }
 * ```
 */
export function compare(old: unknown, next: unknown, options: CompareOptions = {}): Comparison {
  const sides: readonly [Direction, Side][] = [
    ['backward', judgeSide('backward', old, next, options)],
    ['forward', judgeSide('forward', next, old, options)],
  ];
  const reasons = sides.flatMap(([, { reason }]) => (reason === undefined ? [] : [reason]));
  const shown = reasons.find((reason) => 'counterexample' in reason);
  const [backward, forward] = sides.map(([, { answer }]) => answer);
  return {
    backward: backward ?? 'unknown',
    forward: forward ?? 'unknown',
    reasons,
    ...(shown !== undefined && { counterexample: shown.counterexample }),
  };
}

interface Side {
  readonly answer: Answer;
  readonly reason?: Reason;
}

/** Whether every value of the schema that writes is a value of the schema that reads. */
function judgeSide(direction: Direction, writes: unknown, reads: unknown, options: CompareOptions): Side {
  const unknown = (keyword: string, detail: string): Side => ({
    answer: 'unknown',
    reason: { direction, answer: 'unknown', path: '', keyword, detail },
  });
  if (!isSmall(writes) || !isSmall(reads))
    return unknown('size', `deeper than ${MOST_DEPTH} or of more than ${MOST_PARTS} parts`);
  const nodes = new Nodes();
  const patterns = new Patterns(new Expressions());
  const [writer, reader] = [nodes.document(writes), nodes.document(reads)];
  const strange = strangeness(writer) ?? strangeness(reader);
  if (strange !== undefined) return unknown(...strange);
  if (plainText(writes) === plainText(reads)) return { answer: 'yes' };
  const solver = new Solver(nodes, patterns, {
    steps: options.steps ?? 20_000,
    milliseconds: options.milliseconds ?? 3_000,
  });
  const goal: Literal[] = [yes(writer), no(reader)];
  const outcome = solver.solve(goal);
  if (outcome.is === 'none') return { answer: 'yes' };
  if (outcome.is === 'found') return { answer: 'no', reason: explain(direction, reader, outcome.value, patterns) };
  const [why] = nodes.refusals();
  if (why !== undefined) return unknown(...why);
  return solver.isSpent
    ? unknown('budget', 'not decided within its steps and time')
    : unknown('search', 'neither proven nor refuted');
}

function explain(direction: Direction, reader: Node, counterexample: unknown, patterns: Patterns): Reason {
  const verdict = evaluate(reader, counterexample, patterns);
  const fault = verdict.is === 'invalid' ? verdict.fault : { path: '', keyword: '', detail: '' };
  return { direction, answer: 'no', ...fault, counterexample };
}

/** Whether a schema is within the bounds of depth and size. */
export function isSmall(root: unknown): boolean {
  const waiting: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  let parts = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, depth } = next;
    if (++parts > MOST_PARTS || depth > MOST_DEPTH) return false;
    if (Array.isArray(value)) for (const inner of value) waiting.push({ value: inner, depth: depth + 1 });
    else if (isObject(value))
      for (const inner of Object.values(value)) waiting.push({ value: inner, depth: depth + 1 });
  }
  return true;
}
