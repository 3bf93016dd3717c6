import assert from 'node:assert/strict';
import { Readable, type Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createRedactor, createRedactTransform, MARK } from '../src/redact.ts';
import { createDraw, drawKey, drawPem } from './draw.ts';

async function through(transform: Transform, bytes: Buffer, size: number): Promise<string> {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return text(Readable.from(chunks).pipe(transform));
}

const draw = createDraw(11);
const key = drawKey(draw);
const pem = drawPem(draw);
const LOG = [
  'plain line with ümlaut and 12 words',
  `Authorization: Bearer ${key}`,
  `-----BEGIN PRIVATE KEY-----\n${pem.join('\n')}\n-----END PRIVATE KEY-----`,
  'after the key',
  `Content-Disposition: form-data; name="password"\r\n\r\n${key}\r`,
  `password: |\n  ${key}\nport: 1`,
  `user,password\nann,${key}\nbob,${key}\n`,
  `last token=${key}`,
].join('\n');

test('text is masked alike wherever its chunks are cut, and secrets that span lines are found', async () => {
  const whole = await through(createRedactTransform(), Buffer.from(LOG), 1 << 20);
  for (const size of [1, 2, 3, 7, 64, 1000])
    assert.equal(await through(createRedactTransform(), Buffer.from(LOG), size), whole, `chunks of ${size}`);
  assert.ok(!whole.includes(key), whole);
  for (const line of pem) assert.ok(!whole.includes(line), whole);
  for (const kept of ['plain line with ümlaut and 12 words', 'after the key', 'port: 1'])
    assert.ok(whole.includes(kept), whole);
});

test('a private key that is cut off hides its lines and lets the log go on', async () => {
  const cut = await through(
    createRedactTransform(),
    Buffer.from(`-----BEGIN PRIVATE KEY-----\n${pem.join('\n')}\n2026-01-01 worker: started, all is well\n`),
    50,
  );
  for (const line of pem) assert.ok(!cut.includes(line), cut);
  assert.ok(cut.includes('worker: started'), cut);
});

test('JSON lines are masked as values, and a line without secrets keeps its digits', async () => {
  const plain = '{"n":12345678901234567890,  "a":[1]}';
  const lines = [
    plain,
    JSON.stringify({ headers: [['x-api-key', key]] }),
    `{"token":"${key}`,
    '',
    JSON.stringify({ page: 'canary '.repeat(900) }),
  ].join('\n');
  for (const size of [5, 4096]) {
    const out = (await through(createRedactTransform({ format: 'ndjson' }), Buffer.from(lines), size)).split('\n');
    assert.equal(out[0], plain);
    assert.equal(out[1], `{"headers":[["x-api-key","${MARK}"]]}`);
    assert.ok(!out.join('').includes(key) && !out.join('').includes('canary'));
    assert.equal(out.length, 5);
  }
});

test('a line longer than the limit is replaced by a note of its length, and memory stays bounded', async () => {
  const long = `token=${'x'.repeat(5000)}\nnext\n`;
  assert.equal(
    await through(createRedactTransform({ most: 1000 }), Buffer.from(long), 300),
    '[redacted line of 5007 characters]\nnext\n',
  );
  assert.equal(
    await through(createRedactTransform({ most: 1000, format: 'ndjson' }), Buffer.from('"'.repeat(3000)), 300),
    '{"redaction":"line too long","characters":3000}\n',
  );
});

test('a stream knows the secrets registered with its redactor', async () => {
  const redactor = createRedactor({ secrets: ['held by this process'] });
  assert.equal(
    await through(redactor.createRedactTransform(), Buffer.from('it is held by this process.\n'), 4),
    `it is ${MARK}.\n`,
  );
  assert.equal(await through(createRedactTransform({ redactor }), Buffer.from('held by this process'), 4), MARK);
});
