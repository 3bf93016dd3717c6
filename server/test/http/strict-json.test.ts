import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '../../src/errors.ts';
import { parseStrictJson } from '../../src/strict-json.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const isRefusal = (error: unknown): boolean => error instanceof Fault && error.code === 'invalid_request';

const name = fc
  .string({ unit: 'grapheme' })
  .filter((text) => !/^(__proto__|constructor|prototype)$/.test(text) && !text.includes('\0'));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, true, false, '', '":{', '\\', '\\"'),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    name,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('every JSON value comes out as JSON.parse says, however it is spaced', () => {
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t', ' \n'), (input, space) => {
      const text = JSON.stringify(input, null, space);
      assert.deepEqual(parseStrictJson(bytes(text)), JSON.parse(text));
    }),
  );
});

test('a name that stands twice is refused at any depth and in any spelling', () => {
  fc.assert(
    fc.property(name, value, fc.nat(8), (twice, other, depth) => {
      const plain = JSON.stringify(twice);
      const spelt = `"${[...twice].map((sign) => (sign.length === 1 ? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}` : sign)).join('')}"`;
      const inner = `{${plain}:${JSON.stringify(other)} , ${spelt}\n:1}`;
      assert.throws(() => parseStrictJson(bytes(`${'['.repeat(depth)}${inner}${']'.repeat(depth)}`)), isRefusal);
    }),
  );
});

test('equal names in different objects are no repeat', () => {
  assert.deepEqual(parseStrictJson(bytes('[{"a":{"a":1}},{"a":["a","a"]}]')), [{ a: { a: 1 } }, { a: ['a', 'a'] }]);
});

test('any bytes at all give a value or the one refusal', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
      try {
        parseStrictJson(input);
      } catch (error) {
        assert.ok(isRefusal(error));
      }
    }),
  );
});

test('the cap on depth is exact, and an empty text is no value', () => {
  const nested = (depth: number): Uint8Array => bytes('['.repeat(depth) + ']'.repeat(depth));
  assert.ok(Array.isArray(parseStrictJson(nested(32))));
  assert.throws(() => parseStrictJson(nested(33)), isRefusal);
  assert.equal(parseStrictJson(bytes('')), undefined);
});
