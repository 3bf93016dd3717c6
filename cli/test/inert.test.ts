import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { safeName } from '../src/downloads.ts';
import { escapeJson, inert, inertJson, inertLines } from '../src/inert.ts';

const ACTIVE: readonly [string, string, string][] = [
  ['an escape sequence', '\x1b[2J\x1b]0;title\x07', '‹U+001B›[2J‹U+001B›]0;title‹U+0007›'],
  ['an eight-bit control', '\x9b31m', '‹U+009B›31m'],
  ['a carriage return', 'safe\rEVIL', 'safe‹U+000D›EVIL'],
  ['a line break', 'a\nb', 'a‹U+000A›b'],
  ['a bidirectional override', 'user\u202etxt.exe', 'user‹U+202E›txt.exe'],
  ['an isolate', 'a\u2066b\u2069', 'a‹U+2066›b‹U+2069›'],
  ['a zero-width space', 'pay\u200bpal', 'pay‹U+200B›pal'],
  ['a byte order mark', '\ufeffx', '‹U+FEFF›x'],
  ['a soft hyphen', 'a\u00adb', 'a‹U+00AD›b'],
  ['a tag character', 'x\u{e0041}', 'x‹U+E0041›'],
  ['a letter that is blank', 'a\u3164b', 'a‹U+3164›b'],
  ['a variation selector', 'a\u{e0100}', 'a‹U+E0100›'],
  ['a line separator', 'a\u2028b', 'a‹U+2028›b'],
  ['a lone surrogate', 'a\ud800b', 'a‹U+D800›b'],
];
for (const [what, text, shown] of ACTIVE)
  test(`${what} is shown, not obeyed`, () => {
    assert.equal(inert(text), shown);
    assert.equal(JSON.parse(inertJson({ text })).text, text);
    assert.doesNotMatch(inertJson({ text }), /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
  });

test('letters of every script and emoji stay as they are', () => {
  const text = 'Grüße, мир, 世界, مرحبا, 🙂 – “quoted” ½';
  assert.equal(inert(text), text);
});

test('no text at all can make a terminal act', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      assert.match(inert(text), /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]*$/u);
      const json = JSON.stringify([text]);
      assert.deepEqual(JSON.parse(escapeJson(json)), JSON.parse(json));
    }),
  );
});

test('long text is cut on a whole character', () => {
  assert.equal(inert('a🙂b', 2), 'a…');
  assert.equal(inert('x'.repeat(10_000)).length, 2_001);
});

test('lines stay lines and are inert each', () => {
  assert.deepEqual(inertLines('a\tb\r\nc\x1b[m\n'), ['a  b', 'c‹U+001B›[m', '']);
});

test('a name from outside becomes a harmless file name', () => {
  const names: readonly [string, string][] = [
    ['digest.md', 'digest.md'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['.bashrc', 'bashrc'],
    ['-rf', 'rf'],
    ['a\0b\x1b[2J.txt', 'a_b__2J.txt'],
    ['C:\\x', 'C__x'],
    ['nul.txt', 'artifact-0190-1'],
    ['...', 'artifact-0190-1'],
    ['', 'artifact-0190-1'],
    ['Übersicht (1).pdf', 'Übersicht (1).pdf'],
  ];
  for (const [given, safe] of names) assert.equal(safeName(given, '0190-1'), safe, JSON.stringify(given));
});
