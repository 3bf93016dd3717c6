import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor, MARK, redact } from '../src/redact.ts';

function generator(seed: number): (length: number, alphabet?: string) => string {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return (length, alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789') =>
    Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)] ?? 'x').join('');
}

type Case = readonly [kind: string, secret: string, value: unknown];

function positives(seed: number): Case[] {
  const make = generator(seed);
  const cases: Case[] = [];
  for (let turn = 0; turn < 10; turn++) {
    const s = `${make(20)}7`;
    const b64 = (text: string): string => Buffer.from(text).toString('base64');
    const own = `sp_live_${make(22)}_${make(49)}`;
    const jwt = `eyJ${make(20)}.eyJ${make(40)}.${make(43)}`;
    cases.push(
      ['auth', s, `Authorization: Bearer ${s}`],
      ['auth', s, `curl -H "Authorization: Basic ${s}=" https://a.example`],
      ['auth', s, { authorization: `Bearer ${s}` }],
      ['key-header', s, `X-Api-Key: ${s}`],
      ['key-header', s, { headers: { 'x-api-key': s } }],
      ['header-struct', s, { rawHeaders: ['Host', 'a', 'Authorization', s] }],
      ['header-struct', s, [{ name: 'X-Auth-Token', value: s }]],
      ['header-struct', s, new Map([['cookie', s]])],
      ['header-struct', s, `[["x-api-key","${s}"]]`],
      ['command', s, ['run', '--token', s]],
      ['command', s, `run --api-key ${s} --verbose`],
      ['command', s, `curl -u bob:${s} https://a.example`],
      ['url', s, `https://bob:${s}@a.example/x`],
      ['url', s, `GET https://a.example/cb?code=${s}&x=1`],
      ['url', s, `https://a.example/#access_token=${s}`],
      ['connection', s, `postgres://app:${s}@db:5432/app`],
      ['connection', s, `Server=db;User=sa;Password=${s};Encrypt=true`],
      ['cookie', s, `Set-Cookie: sid=${s}; HttpOnly`],
      ['cookie', s, `Cookie: a=1; session=${s}`],
      ['pem', s, `-----BEGIN RSA PRIVATE KEY-----\n${s}\n-----END RSA PRIVATE KEY-----`],
      ['pem', s, `-----BEGIN PRIVATE KEY-----\n${s}`],
      ['jwt', jwt.slice(30), `seen ${jwt} here`],
      ['keyed', s, { config: { dbPassword: s } }],
      ['keyed', s, `DB_PASSWORD=${s}`],
      ['keyed', s, `client_secret: '${s}'`],
      ['keyed', s, `<password>${s}</password>`],
      ['keyed', s, `level=info token=${s} ok`],
      ['keyed', s, `Content-Disposition: form-data; name="password"\r\n\r\n${s}\r\n`],
      ['json', s, JSON.stringify({ body: JSON.stringify({ apiKey: s }) })],
      ['json', s, `{"refresh_token":"${s}`],
      ['error', s, new Error(`failed with token=${s}`, { cause: { password: s } })],
      ['error', s, Object.assign(new Error('x'), { config: { headers: { Authorization: s } } })],
      ['error', s, new AggregateError([new Error(`password=${s}`)])],
      ['encoded', b64(`{"password":"${s}"}`), `blob ${b64(`{"password":"${s}"}`)} end`],
      ['encoded', s, `x=${encodeURIComponent(`password=${s}`)}`],
      ['encoded', s, `{&quot;password&quot;:&quot;${s}&quot;}`],
      ['encoded', s, `\u001b[31mpassword\u001b[0m=${s}`],
      ['encoded', Buffer.from(`token=${s}`).toString('hex'), Buffer.from(`token=${s}`).toString('hex')],
      ['provider', own.slice(8), `key ${own} used`],
      ['provider', own.slice(8), own.replace('live', 'test')],
      ['provider', own.slice(8), own.replace('live', 'op')],
      ['provider', s, `ghp_${s}${s}`],
    );
  }
  return cases;
}

function harmless(seed: number): unknown[] {
  const make = generator(seed);
  const hex = '0123456789abcdef';
  const values: unknown[] = [];
  for (let turn = 0; turn < 10; turn++) {
    values.push(
      `${make(8, hex)}-${make(4, hex)}-4${make(3, hex)}-a${make(3, hex)}-${make(12, hex)}`,
      make(64, hex),
      `commit ${make(40, hex)}`,
      `run_${make(22)}`,
      { tenantId: `ten_${make(22)}`, tokenCount: 12, maxTokens: 100, tokenType: 'access' },
      { secretName: 'db', apiKeyId: make(22), hasPassword: true, token: null },
      `The token count is ${turn}, and the key idea is simple.`,
      'A password: choose something long and keep it to yourself.',
      `https://a.example/page/${make(6)}?page=${turn}&sort=name`,
      `2026-01-0${(turn % 9) + 1}T10:00:00.000Z`,
      'Enter the code from the letter; basic access is enough for a bearer of news.',
      `input_tokens=${turn} output_tokens=99`,
      `/srv/app/releases/${make(12, hex)}/server/src/main.ts:10:5`,
      ['token', 'password', 'key'],
      { author: 'Ann', authors: 3, monkey: 'see', keyboard: 'qwerty' },
      `status=200 bytes=${turn} path=/v1/runs`,
    );
  }
  return values;
}

function flat(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

for (const seed of [1, 77]) {
  test(`a broad table of secrets leaks at most five of a hundred, seed ${seed}`, () => {
    const cases = positives(seed);
    assert.ok(cases.length >= 250);
    const leaked = cases.filter(([, secret, value]) => flat(redact(value)).includes(secret));
    const kinds = [...new Set(leaked.map(([kind, , value]) => `${kind}: ${flat(value)} -> ${flat(redact(value))}`))];
    assert.ok(leaked.length / cases.length <= 0.05, kinds.join('\n'));
    for (const strict of ['auth', 'key-header', 'header-struct', 'pem', 'jwt', 'cookie', 'provider'])
      assert.equal(leaked.filter(([kind]) => kind === strict).length, 0, kinds.join('\n'));
  });
}

test('harmless values stay as they are', () => {
  const values = harmless(5);
  assert.ok(values.length >= 150);
  const changed = values.filter((value) => flat(redact(value)) !== flat(value));
  assert.ok(
    changed.length / values.length <= 0.01,
    changed.map((value) => `${flat(value)} -> ${flat(redact(value))}`).join('\n'),
  );
});

test('a second pass changes nothing', () => {
  for (const value of [...positives(9).map((entry) => entry[2]), ...harmless(9)]) {
    const once = redact(value);
    assert.deepEqual(redact(once), once);
  }
});

test('registered secrets are found plain and encoded', () => {
  const redactor = createRedactor();
  const secret = 'plain "words" of mine/äö';
  redactor.register(secret);
  for (const shown of [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret),
    ...['', 'x', 'xy'].map((lead) => Buffer.from(lead + secret).toString('base64')),
  ]) {
    assert.ok(redactor.redactText(`see ${shown} there`).includes(MARK), shown);
  }
});

test('bulk becomes a digest, and the input is never changed', () => {
  const input = Object.freeze({
    page: '<!doctype html>canary',
    long: 'canary '.repeat(400),
    list: Object.freeze(['a']),
  });
  const text = JSON.stringify(redact(input));
  assert.ok(!text.includes('canary'));
  assert.match(text, /"sha256":"[0-9a-f]{64}"/);
});

test('getters are not called, cycles are cut, and a failure gives the constant record', () => {
  let called = false;
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  Object.defineProperty(cyclic, 'trap', {
    enumerable: true,
    get: () => {
      called = true;
      return 'x';
    },
  });
  assert.deepEqual(redact(cyclic), { self: '[cyclic]', trap: '[getter]' });
  assert.equal(called, false);
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('no');
      },
    },
  );
  const redactor = createRedactor();
  assert.deepEqual(redactor.redact(hostile), { redaction: 'failed' });
  assert.equal(redactor.failures(), 1);
});

test('time grows in line with the input', () => {
  const redactor = createRedactor();
  const cost = (text: string): number => {
    let best = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < 3; turn++) {
      const start = process.cpuUsage();
      redactor.redactText(text);
      const spent = process.cpuUsage(start);
      best = Math.min(best, spent.user + spent.system);
    }
    return Math.max(best, 500);
  };
  for (const unit of [
    'a',
    '=',
    '-----BEGIN',
    '[',
    'eyJ',
    'eyJ.',
    '-----BEGIN PRIVATE KEY-----',
    'a=',
    '://',
    '"',
    '%',
    'token="',
    '\\',
    '<a>',
  ]) {
    const of = (size: number): string => unit.repeat(Math.ceil(size / unit.length));
    const ratio = cost(of(200_000)) / cost(of(25_000));
    assert.ok(ratio < 32, `${unit}: eight times the input took ${ratio.toFixed(1)} times as long`);
  }
});
