import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EgressError } from '../src/egress.ts';
import { takeUrl } from '../src/intake.ts';
import { guardFor } from './loopback.ts';
import { ANSWER_ROWS, URL_ROWS } from './url-table.ts';

const BOTH = ['http:', 'https:'];

test('every URL of the table is judged by its rule, without a connection', async () => {
  let asked = '';
  const guard = guardFor([], {
    ownAddresses: () => [],
    lookup: async (host) => {
      asked = host;
      return ['93.184.215.14'];
    },
  });
  const wrong: string[] = [];
  for (const [url, code] of URL_ROWS) {
    asked = '';
    const decision = await guard.check(url);
    const got = decision.verdict === 'allow' ? 'allow' : decision.code;
    if (got !== code) wrong.push(`${url.slice(0, 100)}: ${got} (${decision.rule}), not ${code}`);
    if (code !== 'allow' && asked !== '') wrong.push(`${url.slice(0, 100)}: DNS was asked for ${asked}`);
  }
  assert.deepEqual(wrong, []);
});

test('every DNS answer of the table is judged by its rule', async () => {
  const wrong: string[] = [];
  for (const [answers, code] of ANSWER_ROWS) {
    const guard = guardFor([], { ownAddresses: () => [], lookup: async () => answers });
    const decision = await guard.check('http://example.com/');
    const got = decision.verdict === 'allow' ? 'allow' : decision.code;
    if (got !== code) wrong.push(`${answers.join(' ')}: ${got} (${decision.rule}), not ${code}`);
  }
  assert.deepEqual(wrong, []);
});

test('the table is long enough to mean something', () => {
  const rows = URL_ROWS.length + ANSWER_ROWS.length;
  assert.ok(rows >= 400, `${rows} rows`);
  assert.equal(new Set(URL_ROWS.map(([url]) => url)).size, URL_ROWS.length, 'a row stands twice');
});

test('a garbage lookup gives a verdict and does not hang', async () => {
  const garbage: unknown[] = [undefined, null, 7, 'text', {}, [7], [null], [{ address: '1.1.1.1' }], [['1.1.1.1']]];
  for (const answer of garbage) {
    const guard = guardFor([], { lookup: (async () => answer) as unknown as () => Promise<readonly string[]> });
    assert.equal((await guard.check('http://example.com/')).code, 'dns', JSON.stringify(answer));
  }
  const throwing = guardFor([], {
    lookup: () => {
      throw new Error('at once');
    },
  });
  assert.equal((await throwing.check('http://example.com/')).code, 'dns');
  const silent = guardFor([], { dnsTimeoutMs: 50, lookup: () => new Promise(() => undefined) });
  assert.equal((await silent.check('http://example.com/')).code, 'dns');
});

const piece = fc.oneof(
  fc.constantFrom(
    'http:',
    'https:',
    '//',
    '/',
    '\\',
    '@',
    ':',
    '[',
    ']',
    '%',
    '?',
    '#',
    '.',
    '..',
    '::1',
    '127.0.0.1',
    '0x7f',
    'localhost',
  ),
  fc.constantFrom(
    'example.com',
    'user',
    '80',
    '99999',
    '\t',
    '\n',
    '\r\n',
    '\0',
    ' ',
    '%00',
    '%40',
    '。',
    '１',
    'ﬀ',
    '\u00ad',
    '\ud800',
    'xn--',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

test('the intake never throws anything but its own error, and what passes is a plain http URL', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.boolean(), (pieces, prefixed) => {
      const text = (prefixed ? 'http://' : '') + pieces.join('');
      try {
        const { url, host, port } = takeUrl(text, BOTH);
        assert.match(url.protocol, /^https?:$/);
        assert.equal(url.username + url.password, '');
        assert.doesNotMatch(host, /[^a-z0-9._:-]/);
        assert.ok(port >= 0 && port <= 65_535);
        // What is sent on reads back as the same host.
        assert.equal(takeUrl(url.href, BOTH).host, host);
      } catch (error) {
        assert.ok(error instanceof EgressError, `${JSON.stringify(text)}: ${String(error)}`);
      }
    }),
    { numRuns: 20_000 },
  );
});

test('the intake takes no longer than its input is long', () => {
  const rows = ['a', '@', '[', '%', '.', ':', '\\', 'http://', '%25', '。', '\t', 'a.', '1.', '::'];
  const began = performance.now();
  for (const row of rows)
    for (const prefix of ['', 'http://', 'http://a/?'])
      try {
        takeUrl(prefix + row.repeat(100_000), BOTH);
      } catch (error) {
        assert.ok(error instanceof EgressError);
      }
  assert.ok(performance.now() - began < 2_000);
});
