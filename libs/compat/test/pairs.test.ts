import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, compare, type Direction } from '../src/compat.ts';
import { arrays } from './pairs/arrays.ts';
import { branches, references } from './pairs/branches.ts';
import { keys, properties } from './pairs/objects.ts';
import type { Row } from './pairs/rows.ts';
import { listed, numbers, texts, types } from './pairs/scalars.ts';
import { judgeOf } from './validators.ts';

const TOPICS: Readonly<Record<string, readonly Row[]>> = {
  types,
  listed,
  numbers,
  texts,
  arrays,
  properties,
  keys,
  branches,
  references,
};
const ROWS = Object.values(TOPICS).flat();
const LEAST_RIGHT = 0.92;

interface Decided {
  readonly row: Row;
  readonly direction: Direction;
  readonly wanted: Answer;
  readonly answer: Answer;
  readonly counterexample: unknown;
}

function decideAll(): Decided[] {
  return ROWS.flatMap((row) => {
    const [, old, next, answers] = row;
    const { backward, forward, reasons } = compare(old, next);
    const wanted = (letter: string | undefined): Answer => (letter === 'y' ? 'yes' : 'no');
    const shown = (direction: Direction) => reasons.find((reason) => reason.direction === direction)?.counterexample;
    return [
      { row, direction: 'backward', wanted: wanted(answers[0]), answer: backward, counterexample: shown('backward') },
      { row, direction: 'forward', wanted: wanted(answers[1]), answer: forward, counterexample: shown('forward') },
    ] as const;
  });
}

const decided = decideAll();
const saying = ({ row, direction, answer }: Decided) => `${row[0]}, ${direction}: ${answer}`;

test('there are at least 250 pairs, each with a name of its own in its topic', () => {
  assert.ok(ROWS.length >= 250, `${ROWS.length}`);
  for (const [topic, rows] of Object.entries(TOPICS))
    assert.equal(new Set(rows.map(([about]) => about)).size, rows.length, topic);
});

test('no pair is called compatible that is not, and none is called breaking that is compatible', () => {
  const wrong = decided.filter(({ answer, wanted }) => answer !== 'unknown' && answer !== wanted);
  assert.deepEqual(wrong.map(saying), []);
});

test('at least 92 of 100 directions are decided', (context) => {
  const right = decided.filter(({ answer, wanted }) => answer === wanted);
  context.diagnostic(`${right.length} of ${decided.length} decided rightly, in ${ROWS.length} pairs`);

  const open = decided.filter(({ answer }) => answer === 'unknown').map(saying);
  assert.ok(right.length >= LEAST_RIGHT * decided.length, open.join('\n'));
});

test('every no comes with a value that two other validators let through on one side and turn away on the other', () => {
  for (const one of decided) {
    if (one.answer !== 'no') continue;
    const [, old, next] = one.row;
    const [writes, reads] = one.direction === 'backward' ? [old, next] : [next, old];
    const said = [judgeOf(writes)?.(one.counterexample), judgeOf(reads)?.(one.counterexample)];
    assert.deepEqual(said, [true, false], `${saying(one)} ${JSON.stringify(one.counterexample)}`);
  }
});
