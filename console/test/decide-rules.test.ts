// When a held call may be approved, as tables: what must be opened and typed, and how fast a hand may go.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApprovalCard } from '@sallyport/contracts';
import { factToType, foldMiddle, missing, mustOpen, pauseFor } from '../src/screens/approvals/decide-rules.ts';
import { barredSentence, effectSentence, flagSentence, groundOf, isGrave } from '../src/screens/approvals/words.ts';
import { MAIL, READ } from './cards.ts';

const look = { opened: new Set<number>(), typed: '', reason: '' };

test('folded text of others and folded targets must be opened, folded text of the user need not', () => {
  assert.deepEqual(mustOpen(MAIL.arguments), [2]);
  const own = MAIL.arguments.map((one) => ({ ...one, ground: 'stated' }));
  assert.deepEqual(mustOpen(own), []);
  assert.deepEqual(mustOpen(own.map((one) => ({ ...one, role: 'target' }))), [2]);
  assert.deepEqual(mustOpen(own.map((one) => ({ ...one, ground: 'a word of a later release' }))), [2]);
});

test('a long text is folded in its middle, and keeps both its ends', () => {
  const folded = foldMiddle(`begin${'x'.repeat(1_000)}end`);
  assert.match(folded, /^begin.* 768 more .*end$/);
  assert.equal(foldMiddle('short'), 'short');
});

test('what cannot be taken back asks for one fact of its arguments', () => {
  assert.deepEqual(factToType(MAIL), { name: 'the domain', value: 'sh0p.example' });
  assert.equal(factToType(READ), undefined);
  const amount = { ...MAIL.arguments[1], path: 'order.amount', shown: '12.50' } as ApprovalCard['arguments'][number];
  assert.deepEqual(factToType({ ...MAIL, arguments: [...MAIL.arguments, amount] }), {
    name: 'the amount',
    value: '12.50',
  });
  const url = { ...READ, effect: 'destroy' };
  assert.deepEqual(factToType(url), { name: 'the domain', value: 'b.example' });
  assert.deepEqual(factToType({ ...url, arguments: [] }), { name: 'the name of the tool', value: 'web.scrape' });
});

test('an approval lacks what was not opened, typed and said, and nothing once all is done', () => {
  const approval = { card: MAIL, barred: null };
  assert.deepEqual(missing(approval, look), ['Open body whole.', 'Type the domain.', 'Say why you approve it.']);
  const done = { opened: new Set([2]), typed: 'sh0p.example', reason: 'asked for' };
  assert.deepEqual(missing(approval, done), []);
  assert.deepEqual(missing(approval, { ...done, typed: 'shop.example' }), ['Type the domain.']);
  assert.deepEqual(missing(approval, { ...done, reason: '  ' }), ['Say why you approve it.']);
  assert.deepEqual(missing({ card: READ, barred: null }, { ...look, reason: 'ours' }), []);
});

test('a decision under two seconds is a pause, and so is a third approval within twenty', () => {
  const at = (seconds: number, id = 'a') => ({ id, at: seconds * 1_000 });
  assert.equal(pauseFor([], 0, 1_999), 'look');
  assert.equal(pauseFor([], 0, 2_000), undefined);
  assert.equal(pauseFor([at(90)], 0, 100_000), undefined);
  assert.deepEqual(pauseFor([at(85), at(95, 'b')], 0, 100_000), at(95, 'b'));
  assert.equal(pauseFor([at(80), at(95)], 0, 100_000), undefined);
});

test('a code that this console does not know is shown, is no reason to trust, and counts as grave', () => {
  assert.equal(groundOf('constructor').origin, 'untrusted');
  assert.equal(isGrave('teleport'), true);
  assert.equal(isGrave('read'), false);
  assert.match(effectSentence('__proto__'), /has the effect __proto__/);
  assert.deepEqual([flagSentence('new_flag'), barredSentence('toString')], ['new_flag', 'toString']);
});
