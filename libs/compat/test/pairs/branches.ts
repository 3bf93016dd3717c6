import { closed, list, number, object, type Row, text, whole } from './rows.ts';

const tagged = (kind: string, more: object = {}, required: string[] = ['kind']) =>
  closed({ kind: { const: kind }, ...more }, required);
const cat = tagged('cat', { lives: whole });
const dog = tagged('dog', { tricks: list(text) });
const bird = tagged('bird');

export const branches: readonly Row[] = [
  ['a branch more', { anyOf: [text, whole] }, { anyOf: [text, whole, { type: 'null' }] }, 'yn'],
  ['another order', { anyOf: [text, whole] }, { anyOf: [whole, text] }, 'yy'],
  ['branches as types', { anyOf: [text, whole] }, { type: ['string', 'integer'] }, 'yy'],
  ['a branch that another covers', { anyOf: [number, whole] }, number, 'yy'],
  ['one of two that exclude each other', { oneOf: [text, whole] }, { anyOf: [text, whole] }, 'yy'],
  ['one of two that overlap', { oneOf: [number, whole] }, { anyOf: [number, whole] }, 'yn'],
  ['one of two that overlap is the difference', { oneOf: [number, whole] }, { ...number, not: whole }, 'yy'],
  ['one of the same twice', { oneOf: [text, text] }, false, 'yy'],
  ['a catch-all branch', { oneOf: [cat, dog] }, { oneOf: [cat, dog, true] }, 'nn'],
  ['a catch-all branch of any', { anyOf: [cat, dog] }, { anyOf: [cat, dog, true] }, 'yn'],
  ['tags', { oneOf: [cat, dog] }, { anyOf: [cat, dog] }, 'yy'],
  ['a tag more', { oneOf: [cat, dog] }, { oneOf: [cat, dog, bird] }, 'yn'],
  ['a tag renamed', { oneOf: [cat, dog] }, { oneOf: [cat, bird] }, 'nn'],
  [
    'optional tags overlap',
    { oneOf: [tagged('cat', {}, []), tagged('dog', {}, [])] },
    { anyOf: [tagged('cat', {}, []), tagged('dog', {}, [])] },
    'yn',
  ],
  ['a field inside a branch', { oneOf: [cat, dog] }, { oneOf: [tagged('cat', { lives: number }), dog] }, 'yn'],
  [
    'overlapping branches, new by an overlap',
    { oneOf: [{ ...number, minimum: 5 }] },
    {
      oneOf: [
        { ...number, minimum: 5 },
        { ...number, maximum: 7 },
      ],
    },
    'nn',
  ],
  ['all of two', { allOf: [number, { minimum: 1 }] }, { ...number, minimum: 1 }, 'yy'],
  ['all of two types', { allOf: [text, whole] }, false, 'yy'],
  ['all of objects', { allOf: [object({ a: text }), object({ b: whole })] }, object({ a: text, b: whole }), 'yy'],
  ['all of closed objects', { allOf: [closed({ a: text }), closed({ b: whole })] }, { const: {} }, 'yy'],
  ['not', { not: text }, { type: ['null', 'boolean', 'number', 'array', 'object'] }, 'yy'],
  ['not not', { not: { not: text } }, text, 'yy'],
  ['not anything', { not: {} }, false, 'yy'],
  ['not narrowed', { not: number }, { not: whole }, 'yn'],
  ['not a branch', { not: { anyOf: [text, whole] } }, { allOf: [{ not: text }, { not: whole }] }, 'yy'],
  ['not required', { type: 'object', not: { required: ['a'] } }, object({ a: false }), 'yy'],
  [
    'not all of',
    { not: { allOf: [text, { minLength: 2 }] } },
    { anyOf: [{ not: text }, { ...text, maxLength: 1 }] },
    'yy',
  ],
  ['if and then', { if: text, then: { minLength: 1 } }, { minLength: 1 }, 'yy'],
  [
    'if, then and else',
    { if: whole, then: { minimum: 0 }, else: text },
    { anyOf: [{ ...whole, minimum: 0 }, text] },
    'yy',
  ],
  ['if alone says nothing', { if: text }, true, 'yy'],
  ['then alone says nothing', { then: text }, true, 'yy'],
  [
    'if by a tag',
    object(
      { kind: text, a: true },
      { if: { properties: { kind: { const: 'x' } }, required: ['kind'] }, then: { required: ['a'] } },
    ),
    object({ kind: text, a: true }),
    'yn',
  ],
  [
    'if tightened',
    { ...number, if: { minimum: 10 }, then: { multipleOf: 10 } },
    { ...number, if: { minimum: 10 }, then: { multipleOf: 5 } },
    'yn',
  ],
  ['if never', { if: false, then: text, else: whole }, whole, 'yy'],
  ['if always', { if: true, then: text, else: whole }, text, 'yy'],
  [
    'branches of an object that cover it',
    closed({ a: { type: 'boolean' } }, ['a']),
    { anyOf: [closed({ a: { const: true } }, ['a']), closed({ a: { const: false } }, ['a'])] },
    'yy',
  ],
  ['branches by presence', closed({ a: text }), { anyOf: [closed({}), closed({ a: text }, ['a'])] }, 'yy'],
  [
    'two fields by four branches',
    closed({ a: { type: 'boolean' }, b: { type: 'boolean' } }, ['a', 'b']),
    { anyOf: [true, false].flatMap((a) => [true, false].map((b) => ({ const: { a, b } }))) },
    'yy',
  ],
  [
    'two fields by three branches',
    closed({ a: { type: 'boolean' }, b: { type: 'boolean' } }, ['a', 'b']),
    { anyOf: [{ const: { a: true, b: true } }, { const: { a: true, b: false } }, { const: { a: false, b: true } }] },
    'ny',
  ],
  [
    'a branch with a bound',
    {
      anyOf: [
        { ...whole, maximum: 0 },
        { ...whole, minimum: 1 },
      ],
    },
    whole,
    'yy',
  ],
  [
    'nested branches',
    { anyOf: [{ anyOf: [text, whole] }, { type: 'null' }] },
    { anyOf: [text, { anyOf: [{ type: 'null' }, whole] }] },
    'yy',
  ],
  ['null or a value', { anyOf: [text, { type: 'null' }] }, { type: ['string', 'null'] }, 'yy'],
  [
    'a list of literals as branches',
    { anyOf: ['a', 'b', 'c'].map((value) => ({ const: value })) },
    { enum: ['a', 'b', 'c'] },
    'yy',
  ],
];

const many = (names: readonly string[]) => ({ oneOf: names.map((name) => tagged(name, { note: text, count: whole })) });
const names = Array.from({ length: 25 }, (_, index) => `event.${index}`);

const tree = (name: string, value: object, more: object = {}) => ({
  $ref: `#/$defs/${name}`,
  $defs: { [name]: closed({ value, children: list({ $ref: `#/$defs/${name}` }), ...more }, ['value']) },
});
const expression = (leaf: object) => ({
  $ref: '#/$defs/e',
  $defs: {
    e: {
      anyOf: [
        leaf,
        closed({ op: { enum: ['+', '-'] }, left: { $ref: '#/$defs/e' }, right: { $ref: '#/$defs/e' } }, [
          'op',
          'left',
          'right',
        ]),
      ],
    },
  },
});
const chain = (more: object) => ({
  type: 'object',
  properties: { next: { $ref: '#' } },
  additionalProperties: false,
  ...more,
});

export const references: readonly Row[] = [
  ['a reference and its target', { $ref: '#/$defs/a', $defs: { a: text } }, text, 'yy'],
  [
    'a reference with company',
    { $ref: '#/$defs/a', minLength: 1, $defs: { a: text } },
    { ...text, minLength: 1 },
    'yy',
  ],
  [
    'references by other names',
    { $ref: '#/$defs/a', $defs: { a: whole } },
    { $ref: '#/$defs/b', $defs: { b: number } },
    'yn',
  ],
  ['a reference to a reference', { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: text } }, text, 'yy'],
  ['an anchor', { $ref: '#here', $defs: { a: { $anchor: 'here', ...text } } }, text, 'yy'],
  ['an escaped pointer', { $ref: '#/$defs/a~1b', $defs: { 'a/b': text } }, text, 'yy'],
  [
    'by its own address',
    { $id: 'https://example.com/s', $ref: 'https://example.com/s#/$defs/a', $defs: { a: text } },
    text,
    'yy',
  ],
  ['trees', tree('node', whole), tree('leaf', whole), 'yy'],
  ['trees of wider values', tree('node', whole), tree('node', number), 'yn'],
  ['trees with a field more', tree('node', whole), tree('node', whole, { note: text }), 'yn'],
  ['trees of other values', tree('node', whole), tree('node', text), 'nn'],
  ['expressions', expression(whole), expression(number), 'yn'],
  ['expressions of the same', expression(whole), expression({ ...number, multipleOf: 1 }), 'yy'],
  ['a chain', chain({}), chain({ maxProperties: 1 }), 'yy'],
  ['a chain that never ends', chain({ required: ['next'] }), false, 'yy'],
  ['a chain that must end', chain({}), closed({ next: closed({}) }), 'ny'],
  [
    'a chain unrolled',
    chain({}),
    closed({ next: { $ref: '#/$defs/c' } }, [], { $defs: { c: closed({ next: { $ref: '#/$defs/c' } }) } }),
    'yy',
  ],
  ['two schemas in turn', inTurn('b'), inTurn('c'), 'yy'],
  ['many tags', many(names), many(names), 'yy'],
  ['many tags and one more', many(names), many([...names, 'event.new']), 'yn'],
  ['many tags and one less', many(names), many(names.slice(1)), 'ny'],
  ['many tags as any', many(names), { anyOf: many(names).oneOf }, 'yy'],
];

function inTurn(second: string) {
  return {
    $ref: '#/$defs/a',
    $defs: { a: closed({ x: { $ref: `#/$defs/${second}` } }), [second]: closed({ x: { $ref: '#/$defs/a' } }) },
  };
}
