import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from '../src/compat.ts';
import { edited, randomDocument, randomValue, seeded } from './random-schemas.ts';
import { judgeOf } from './validators.ts';

// SALLYPORT_FUZZ=first,count walks other seeds than those of every run.
const [FIRST = 1, PAIRS = 400] = (process.env.SALLYPORT_FUZZ ?? '').split(',').filter(Boolean).map(Number);
const VALUES = 60;

test('no random value refutes a yes, and every no stands before two other validators', (context) => {
  const tally = { yes: 0, no: 0, unknown: 0 };
  for (let seed = FIRST; seed < FIRST + PAIRS; seed++) {
    const random = seeded(seed);
    const depth = () => 1 + Math.floor(random() * 3);
    const old = randomDocument(random, depth());
    const next = random() < 0.7 ? edited(random, old) : randomDocument(random, depth());
    const [oldJudge, nextJudge] = [judgeOf(old), judgeOf(next)];
    if (oldJudge === undefined || nextJudge === undefined) continue;
    const said = compare(old, next);
    const values = Array.from({ length: VALUES }, () => randomValue(random));
    for (const [direction, writes, reads] of [
      ['backward', oldJudge, nextJudge],
      ['forward', nextJudge, oldJudge],
    ] as const) {
      const about = `seed ${seed} ${direction} ${JSON.stringify({ old, next })}`;
      tally[said[direction]]++;
      if (said[direction] === 'yes') {
        const refuted = values.find((value) => writes(value) === true && reads(value) === false);
        assert.equal(JSON.stringify(refuted), undefined, about);
      }
      if (said[direction] !== 'no') continue;
      const shown = said.reasons.find((reason) => reason.direction === direction)?.counterexample;
      assert.ok(writes(shown) !== false && reads(shown) !== true, `${about} ${JSON.stringify(shown)}`);
    }
  }
  context.diagnostic(JSON.stringify(tally));
  assert.ok(tally.yes > tally.unknown && tally.no > tally.unknown, JSON.stringify(tally));
});
