import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Expressions } from '../src/patterns/expression.ts';
import { parsePattern } from '../src/patterns/parse.ts';
import { Patterns } from '../src/patterns/patterns.ts';
import { findText } from '../src/patterns/search.ts';
import { pick, seeded } from './random-schemas.ts';

const PARTS = [
  'a',
  'b',
  '.',
  '\\d',
  '\\w',
  '\\s',
  '\\W',
  '[ab]',
  '[^a]',
  '[a-c-]',
  '\\.',
  '\\u0061',
  '\\u{1F600}',
  '(?:ab|b)',
  '(a|)',
  '(?:a?b)',
  '[\\d_]',
  '\\x41',
  '-',
  '[]',
  '[^]',
];
const QUANTIFIERS = ['', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '*?'];
const TEXTS = ['a', 'b', 'c', '-', '.', '1', '_', ' ', '\n', '\u2028', '\u{1f600}', 'A', '\ud83d', '\u00e9'];

function randomPattern(random: () => number): string {
  const alternative = (): string => {
    const count = Math.floor(random() * 4);
    const body = Array.from({ length: count }, () => pick(random, PARTS) + pick(random, QUANTIFIERS)).join('');
    return `${random() < 0.4 ? '^' : ''}${body}${random() < 0.4 ? '$' : ''}`;
  };
  return Array.from({ length: 1 + Math.floor(random() * 2) }, alternative).join('|');
}

test('patterns match as the regular expressions of the language do', () => {
  let read = 0;
  for (let seed = 1; seed <= 1_500; seed++) {
    const random = seeded(seed);
    const pattern = randomPattern(random);
    const theirs = new RegExp(pattern, 'u');
    const ours = new Patterns(new Expressions());
    for (let count = 0; count < 12; count++) {
      const text = Array.from({ length: Math.floor(random() * 6) }, () => pick(random, TEXTS)).join('');
      const matches = ours.matches(pattern, text);
      if (matches === undefined) continue;
      read++;
      assert.equal(matches, theirs.test(text), `seed ${seed}: ${pattern} on ${JSON.stringify(text)}`);
    }
  }
  assert.ok(read > 15_000, `${read}`);
});

test('the sets of \\d, \\w, \\s and the dot are those of the language, point by point', () => {
  for (const name of ['\\d', '\\w', '\\s', '\\D', '\\S', '.']) {
    const expression = parsePattern(`^${name}$`, new Expressions());
    const theirs = new RegExp(`^${name}$`, 'u');
    assert.ok(expression?.kind === 'points', name);
    for (let point = 0; point <= 0x10ffff; point++) {
      // A half of a surrogate pair is a point of its own here as there.
      const within = expression.ranges.some(([low, high]) => low <= point && point <= high);
      if (within !== theirs.test(String.fromCodePoint(point))) assert.fail(`${name} ${point}`);
    }
  }
});

test('what is not read is said to be so, and what the language refuses is never read', () => {
  const rows = [
    '(?=a)',
    '(?!a)',
    '(?<=a)b',
    '(a)\\1',
    '\\bword',
    '\\p{L}',
    '(?<n>a)',
    '(^a)',
    'a$b',
    'a{1001}',
    '\\ud83d',
    '[',
    '(',
    'a**',
    '{',
    '\\-',
    '[b-a]',
    '\\8',
    'a{2,1}',
    '+',
    ')',
  ];
  for (const pattern of rows) assert.equal(new Patterns(new Expressions()).matches(pattern, 'a'), undefined, pattern);
});

test('a text that is found matches, misses and has its length; none is found only where the automaton has none', () => {
  let found = 0;
  for (let seed = 1; seed <= 600; seed++) {
    const random = seeded(seed);
    const make = new Expressions();
    const [yes, no] = [randomPattern(random), randomPattern(random)];
    const [matches, misses] = [parsePattern(yes, make), parsePattern(no, make)];
    if (matches === undefined || misses === undefined) continue;
    const min = Math.floor(random() * 4);
    const max = min + Math.floor(random() * 4);
    const result = findText(make, { matches: [matches], misses: [misses], min, max });
    const fits = (text: string) => new RegExp(yes, 'u').test(text) && !new RegExp(no, 'u').test(text);
    if (result.is === 'found') {
      found++;
      const length = [...result.value].length;
      assert.ok(
        fits(result.value) && min <= length && length <= max,
        `seed ${seed}: ${yes} but ${no}: ${result.value}`,
      );
    } else if (result.is === 'none') {
      for (let count = 0; count < 40; count++) {
        const length = min + Math.floor(random() * (max - min + 1));
        const text = Array.from({ length }, () => pick(random, TEXTS)).join('');
        if ([...text].length === length)
          assert.ok(!fits(text), `seed ${seed}: ${yes} but ${no}: ${JSON.stringify(text)}`);
      }
    }
  }
  assert.ok(found > 150, `${found}`);
});

test('a pattern that takes exponential time elsewhere takes linear time here', () => {
  const started = performance.now();
  assert.equal(new Patterns(new Expressions()).matches('^(?:a|a)*(?:a*)*b$', `${'a'.repeat(20_000)}c`), false);
  assert.ok(performance.now() - started < 2_000);
});
