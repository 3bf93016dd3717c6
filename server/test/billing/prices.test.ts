import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPriceBook, type PriceEntry, parsePrice, priceOf } from '../../src/billing/billing.ts';
import { readConfig } from '../../src/main.ts';

const entries = (...texts: string[]): PriceEntry[] => texts.flatMap((text) => parsePrice(text) ?? []);
const at = (text: string): number => Date.parse(text);

test('a step takes the price of its day in UTC, and the price before the first day is the configured one', () => {
  const book = openPriceBook(entries('m=3/6@2026-03-01', 'm=1/2@2026-01-01', 'other=9/9@2026-01-01'));
  const configured = { input: '0.5', output: '0.7' };
  const price = (time: string): string => priceOf(book, 'm', at(time), configured).id;
  assert.equal(price('2025-12-31T23:59:59Z'), 'm@1970-01-01:0.5/0.7');
  assert.equal(price('2026-01-01T00:00:00Z'), 'm@2026-01-01:1/2');
  assert.equal(price('2026-02-28T23:59:59.999Z'), 'm@2026-01-01:1/2');
  assert.equal(price('2026-03-01T00:00:00Z'), 'm@2026-03-01:3/6');
  assert.equal(priceOf(undefined, 'm', 0, configured).input, '0.5');
});

test('the id of a price names its amounts, so that another price never passes for it', () => {
  const ids = ['1', '2'].map((input) => priceOf(undefined, 'm', 0, { input, output: '1' }).id);
  assert.equal(new Set(ids).size, 2);
});

test('what is no price is refused, and so are two prices of one model from one day', () => {
  const wrong = [
    'm=1@2026-01-01',
    'm=1/2',
    '=1/2@2026-01-01',
    'm=1/2@2026-02-30',
    'm=1/2@2026-13-01',
    'm=-1/2@2026-01-01',
    'm=1e3/2@2026-01-01',
  ];
  for (const text of wrong) assert.equal(parsePrice(text), undefined, text);
  assert.throws(() => openPriceBook(entries('m=1/2@2026-01-01', 'm=3/4@2026-01-01')), /two prices from one day/);
  assert.deepEqual(parsePrice('qwen/q3:32b@x=0.40/1.20@2026-09-01'), {
    model: 'qwen/q3:32b@x',
    input: '0.40',
    output: '1.20',
    from: '2026-09-01',
  });
});

const KEY = { test: 'rk_test_abcdefgh', live: 'rk_live_abcdefgh' };
const SECRETS = 'whsec_abcdefgh';
const REFUSED: readonly (readonly [string, Record<string, string>, RegExp])[] = [
  ['a test key beside the live mode', { MODE: 'live', API_KEY: KEY.test, WEBHOOK_SECRETS: SECRETS }, /of another mode/],
  ['a live key beside the test mode', { MODE: 'test', API_KEY: KEY.live, WEBHOOK_SECRETS: SECRETS }, /of another mode/],
  [
    'an unrestricted key of the other mode',
    { MODE: 'live', API_KEY: 'sk_test_abcdefgh', WEBHOOK_SECRETS: SECRETS },
    /of another mode/,
  ],
  ['no signing secret', { MODE: 'test', API_KEY: KEY.test }, /WEBHOOK_SECRETS: missing/],
  ['no key', { MODE: 'live', WEBHOOK_SECRETS: SECRETS }, /API_KEY: missing/],
  ['a key while billing is off', { API_KEY: KEY.live }, /STRIPE_MODE: off/],
  [
    'a secret of another kind',
    { MODE: 'test', API_KEY: KEY.test, WEBHOOK_SECRETS: 'whsec_abcdefgh,nonsense' },
    /not accepted/,
  ],
  ['an empty list of secrets', { MODE: 'test', API_KEY: KEY.test, WEBHOOK_SECRETS: ',' }, /not accepted/],
  ['a mode that is none', { MODE: 'on' }, /not accepted/],
];
for (const [name, settings, words] of REFUSED)
  test(`the server does not start with ${name}, and does not repeat it`, () => {
    const env = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`SALLYPORT_STRIPE_${key}`, value]));
    assert.throws(
      () => readConfig({ env, flags: {} }),
      (error: Error) => words.test(error.message) && !/abcdefgh/.test(error.message),
    );
  });

test('billing is off unless it is asked for, and two secrets are read while one is rolled', () => {
  assert.equal(readConfig({ env: {}, flags: {} }).stripeMode, 'off');
  const env = {
    SALLYPORT_STRIPE_MODE: 'test',
    SALLYPORT_STRIPE_API_KEY: KEY.test,
    SALLYPORT_STRIPE_WEBHOOK_SECRETS: 'whsec_abcdefgh, whsec_ijklmnop',
  };
  assert.deepEqual(readConfig({ env, flags: {} }).stripeWebhookSecrets, ['whsec_abcdefgh', 'whsec_ijklmnop']);
});
