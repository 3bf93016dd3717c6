// Judges one value against one schema, exactly: decimals as decimals, lengths in code points, patterns in linear time.
import type { Patterns } from '../patterns/patterns.ts';
import { compareDecimals, isMultiple, toDecimal } from './decimal.ts';
import { judgeArray, judgeObject, type Place, sizeVerdict } from './evaluate-parts.ts';
import { equal, isObject, type Json, lengthOf, typeOf } from './json.ts';
import type { Limit, Node } from './node.ts';
import { countWithin, every, invalid, VALID, type Verdict } from './verdict.ts';

const MOST_DEPTH = 150;
const MOST_WORK = 200_000;

export function evaluate(node: Node, value: Json, patterns: Patterns): Verdict {
  return judge(node, value, { patterns, path: '', depth: 0, work: { left: MOST_WORK }, judge });
}

function judge(node: Node, value: Json, place: Place): Verdict {
  if (place.depth > MOST_DEPTH || --place.work.left < 0)
    return { is: 'unknown', why: 'the value or the schema is too deep' };
  if (node.always !== undefined) return node.always ? VALID : invalid(place.path, 'false', 'nothing may stand here');
  const within = { ...place, depth: place.depth + 1 };
  return every(parts(node, value, within));
}

function* parts(node: Node, value: Json, place: Place): Generator<Verdict> {
  const { path } = place;
  const type = typeOf(value);
  if (node.types !== undefined && !node.types.has(type))
    yield invalid(path, 'type', `${type} is not ${[...node.types].join(' or ')}`);
  if (node.integersOnly === true && type === 'number' && !Number.isInteger(value))
    yield invalid(path, 'type', `${value} is not an integer`);
  if (node.values !== undefined && !node.values.some((known) => equal(known, value)))
    yield invalid(path, node.values.length === 1 ? 'const' : 'enum', 'is none of the values that are listed');
  if (typeof value === 'number') yield* numberParts(node.limits, value, path);
  else if (typeof value === 'string') yield* textParts(node, value, place);
  else if (Array.isArray(value)) yield* judgeArray(node, value, place);
  else if (isObject(value)) yield* judgeObject(node, value, place);
  yield* branchParts(node, value, place);
  const [why] = node.opaque;
  if (why !== undefined) yield { is: 'unknown', why };
}

function* numberParts(limits: Partial<Record<Limit, number>>, value: number, path: string): Generator<Verdict> {
  const exact = toDecimal(value);
  const against = (limit: Limit, holds: (order: number) => boolean): Verdict => {
    const bound = limits[limit];
    if (bound === undefined || holds(compareDecimals(exact, toDecimal(bound)))) return VALID;
    return invalid(path, limit, `${value} is outside of ${limit} ${bound}`);
  };
  yield against('minimum', (order) => order >= 0);
  yield against('maximum', (order) => order <= 0);
  yield against('exclusiveMinimum', (order) => order > 0);
  yield against('exclusiveMaximum', (order) => order < 0);
  const { multipleOf } = limits;
  if (multipleOf !== undefined && !isMultiple(exact, toDecimal(multipleOf)))
    yield invalid(path, 'multipleOf', `${value} is no multiple of ${multipleOf}`);
}

function* textParts(node: Node, value: string, place: Place): Generator<Verdict> {
  yield sizeVerdict(lengthOf(value), node, 'minLength', 'maxLength', place.path);
  if (node.pattern === undefined) return;
  const matches = place.patterns.matches(node.pattern, value);
  if (matches === undefined) yield { is: 'unknown', why: `pattern: ${node.pattern} is not read` };
  else if (!matches) yield invalid(place.path, 'pattern', `does not match ${node.pattern}`);
}

function* branchParts(node: Node, value: Json, place: Place): Generator<Verdict> {
  for (const inner of node.all ?? []) yield judge(inner, value, place);
  if (node.any !== undefined) yield oneOfMany(node.any, value, place, 'anyOf', Number.POSITIVE_INFINITY);
  if (node.one !== undefined) yield oneOfMany(node.one, value, place, 'oneOf', 1);
  if (node.not !== undefined) {
    const verdict = judge(node.not, value, place);
    if (verdict.is === 'valid') yield invalid(place.path, 'not', 'is what may not stand here');
    else if (verdict.is === 'unknown') yield verdict;
  }
  if (node.condition !== undefined) yield conditional(node.condition, value, place);
}

function oneOfMany(nodes: readonly Node[], value: Json, place: Place, keyword: string, most: number): Verdict {
  const verdicts = nodes.map((inner) => judge(inner, value, place));
  const within = countWithin(verdicts, 1, most);
  if (within === true) return VALID;
  const unknown = verdicts.find(({ is }) => is === 'unknown');
  if (within === undefined && unknown !== undefined) return unknown;
  const fits = verdicts.filter(({ is }) => is === 'valid').length;
  return invalid(place.path, keyword, fits > 1 ? `fits ${fits} of its branches` : 'fits none of its branches');
}

function conditional(condition: NonNullable<Node['condition']>, value: Json, place: Place): Verdict {
  const met = judge(condition.if, value, place);
  const then = condition.then === undefined ? VALID : judge(condition.then, value, place);
  const otherwise = condition.else === undefined ? VALID : judge(condition.else, value, place);
  if (met.is !== 'unknown') return met.is === 'valid' ? then : otherwise;
  if (then.is === 'valid' && otherwise.is === 'valid') return VALID;
  return then.is === 'invalid' && otherwise.is === 'invalid' ? then : met;
}
