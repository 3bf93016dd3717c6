import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  inertLinks,
  isStated,
  joinLabels,
  type Label,
  normalizeUrl,
  sanitize,
  statedUrls,
  wrapUntrusted,
} from '../src/flow.ts';

const pieces = fc.constantFrom(
  '<',
  '|',
  '|>',
  '<|',
  '<|im_start|>',
  '\u200b',
  '\u202e',
  '\u{e0041}',
  '[INST]',
  '[/',
  '<<SYS>>',
  '<s',
  '>',
  'Human:',
  '\n',
  '\r',
  '\u2028',
  '\u001b[31m',
  '\u001b',
  ' ',
  'a',
  'é',
  '\ud800',
  '<tool_call>',
  '<untrusted-',
  ':',
  '\uff5c',
);
const nasty = fc.array(pieces, { maxLength: 40 }).map((parts) => parts.join(''));

test('sanitising twice gives what sanitising once gives', () => {
  fc.assert(
    fc.property(fc.oneof(nasty, fc.string({ unit: 'binary' })), (text) => {
      const once = sanitize(text).text;
      assert.equal(sanitize(once).text, once);
    }),
    { numRuns: 500 },
  );
});

test('no control token survives, whatever hides inside it', () => {
  const hidden = fc.constantFrom('\u200b', '\u2060', '\u00ad', '\u202e', '\u{e0041}', '\u0000', '');
  const tokens = fc.constantFrom(
    '<|im_start|>',
    '[INST]',
    '<<SYS>>',
    '<s>',
    '<start_of_turn>',
    '<tool_call>',
    '<function_calls>',
  );
  fc.assert(
    fc.property(tokens, fc.array(hidden, { minLength: 20, maxLength: 20 }), (token, gaps) => {
      const split = [...token].map((char, index) => char + (gaps[index] ?? '')).join('');
      const { text, findings } = sanitize(`a ${split} b`);
      assert.ok(!text.includes(token), text);
      assert.ok(findings.some((finding) => finding.kind === 'control_token'));
    }),
  );
});

test('the time of sanitising and of finding URLs grows in line with the text', () => {
  const cost = (work: (text: string) => unknown, text: string): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 3; turn++) {
      const start = process.cpuUsage();
      work(text);
      const spent = process.cpuUsage(start);
      best = Math.min(best, spent.user + spent.system);
    }
    return Math.max(best, 1000);
  };
  for (const work of [sanitize, (text: string) => statedUrls([text])]) {
    for (const unit of ['a', '<', '<|', '\u200b', ' ', '\n', 'Human:', '\u001b[', 'https://']) {
      const of = (size: number): string => unit.repeat(Math.ceil(size / unit.length));
      const ratio = cost(work, of(160_000)) / cost(work, of(20_000));
      assert.ok(ratio < 40, `${JSON.stringify(unit)}: eight times the text took ${ratio.toFixed(1)} times as long`);
    }
  }
});

test('joining labels never raises integrity nor lowers confidentiality', () => {
  const label: fc.Arbitrary<Label> = fc.record({
    integrity: fc.constantFrom('trusted' as const, 'untrusted' as const),
    confidentiality: fc.constantFrom('public' as const, 'private' as const),
    sources: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
      const joined = joinLabels(...labels);
      assert.equal(
        joined.integrity === 'trusted',
        labels.every((one) => one.integrity === 'trusted'),
      );
      assert.equal(
        joined.confidentiality === 'public',
        labels.every((one) => one.confidentiality === 'public'),
      );
      assert.deepEqual(joinLabels(joined, ...labels), joined);
    }),
  );
});

test('two wrappings of one text have different boundaries', () => {
  const input = {
    source: 's',
    label: { integrity: 'untrusted', confidentiality: 'public', sources: [] },
    text: 'x',
  } as const;
  assert.notEqual(wrapUntrusted(input), wrapUntrusted(input));
});

test('a composed link never stays live', () => {
  fc.assert(
    fc.property(
      fc.webUrl(),
      fc.constantFrom('![a](U)', '[a](U)', '<U>', 'see U', '[a]: U', '<img src="U">'),
      (url, shape) => {
        const { text, removed } = inertLinks(
          shape.replace('U', () => url),
          new Set(),
        );
        assert.ok(removed > 0 && !/https?:\/\//.test(text), text);
      },
    ),
  );
  assert.equal(normalizeUrl('HTTP://A.example:80/x#y'), 'http://a.example/x');
});

test('an allowed link with brackets in its URL stays, and only whole URLs are stated', () => {
  const link = '[a](https://a.example/b_(c))';
  assert.deepEqual(inertLinks(link, new Set(['https://a.example/b_(c)'])), { text: link, removed: 0 });
  assert.ok(isStated('https://A.example/x#f', ['https://a.example/x']));
  assert.ok(!isStated('https://a.example/x/y', ['https://a.example/x']));
});
