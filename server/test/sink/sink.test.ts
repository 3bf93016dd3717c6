import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from '@sallyport/redact';
import { createLog, type LogFields, type LogOptions } from '../../src/log.ts';
import { MOST_LINE_BYTES } from '../../src/sink/sink.ts';

type Line = Readonly<Record<string, unknown>>;

function open(options: Partial<LogOptions> = {}): {
  log: ReturnType<typeof createLog>;
  raw: string[];
  lines: () => Line[];
} {
  const raw: string[] = [];
  const log = createLog({ level: 'debug', write: (line) => raw.push(line), ...options });
  return { log, raw, lines: () => raw.map((line) => JSON.parse(line) as Line) };
}

const GETTER = Object.defineProperty({}, 'detail', {
  enumerable: true,
  get: () => {
    throw new Error('CANARY-IN-GETTER');
  },
}) as LogFields;
const CYCLE: { detail?: unknown } = {};
CYCLE.detail = { inner: CYCLE, password: 'CANARY-IN-CYCLE' };
const UNSPEAKABLE = Object.create(null, {
  toString: {
    value: () => {
      throw new Error('CANARY-IN-TO-STRING');
    },
  },
}) as unknown;
const PROXY = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error('CANARY-IN-PROXY');
    },
  },
) as LogFields;

const FAULTS: readonly (readonly [string, (log: ReturnType<typeof createLog>) => void, number])[] = [
  ['a getter that throws', (log) => log.info('x', GETTER), 1],
  ['a proxy that throws', (log) => log.info('x', PROXY), 1],
  ['a thrown thing without words', (log) => log.error('x', {}, UNSPEAKABLE), 1],
  [
    'an error whose message throws',
    (log) =>
      log.error(
        'x',
        {},
        Object.defineProperty(new Error(), 'message', {
          get: () => {
            throw new Error('CANARY-IN-MESSAGE');
          },
        }),
      ),
    1,
  ],
  ['a value that holds itself', (log) => log.info('x', CYCLE as LogFields), 0],
];

for (const [what, write, failed] of FAULTS)
  test(`${what} makes a safe line, and the caller goes on`, () => {
    const { log, raw, lines } = open();
    write(log);
    assert.equal(raw.length, 1);
    assert.ok(!raw[0]?.includes('CANARY'), raw[0]);
    if (failed > 0) assert.deepEqual([lines()[0]?.redaction, lines()[0]?.event], ['failed', 'x']);
    assert.equal(log.counts().failed, failed);
  });

test('a redactor with a fault leaves a constant record and a count, whether it throws or says so', () => {
  let failures = 0;
  const good = createRedactor();
  const bugs = [
    () => {
      throw new Error('a bug');
    },
    () => {
      failures++;
      return { redaction: 'failed' };
    },
    () => 'CANARY raw text',
  ];
  for (const redact of bugs) {
    const { log, raw, lines } = open({ redactor: { ...good, redact, failures: () => failures } });
    log.info('x', { detail: 'CANARY' });
    assert.ok(!raw.join('').includes('CANARY'));
    assert.deepEqual([lines()[0]?.event, lines()[0]?.redaction], ['x', 'failed']);
    assert.equal(lines()[0]?.detail, undefined);
    assert.equal(log.counts().failed, 1);
  }
});

test('no line is longer than 16 KiB, and a cut one still says who and what', () => {
  const { log, raw, lines } = open();
  const long = '\u0001'.repeat(2_000);
  log.info('big', { detail: long, name: long, path: long, host: long, reason: long, run_id: 'r-1' });
  assert.ok(Buffer.byteLength(raw[0] ?? '') <= MOST_LINE_BYTES, String(raw[0]?.length));
  assert.deepEqual([lines()[0]?.event, lines()[0]?.run_id, lines()[0]?.cut], ['big', 'r-1', true]);
  assert.equal(log.counts().cut, 1);
});

test('nothing in a value begins a new line, moves a cursor, turns text around or hides in it', () => {
  const { log, raw, lines } = open();
  const nasty = 'a\nb\r\u001b[2Jc\u009b31md\u2028e\u202ef\u200bg\u{e0041}h\u007fi\u0085j';
  log.info('x', { detail: nasty, reason: '{"event":"forged"}\n{"event":"forged"}' });
  assert.equal(raw.length, 1);
  assert.match(raw[0] ?? '', /^[\x20-\x7e]+\n$/);
  assert.equal(lines()[0]?.detail, nasty);
});

test('lines hold the ids of what is at work, also those that were learnt meanwhile', async () => {
  const { log, lines } = open();
  const ids: { request_id: string; tenant_id?: string } = { request_id: 'q' };
  await log.within(ids, async () => {
    log.info('before');
    await new Promise((resolve) => setImmediate(resolve));
    ids.tenant_id = 't';
    log.info('after', { run_id: undefined });
    await log.within({ run_id: 'r', step: 2 }, async () => log.with({ tool: 'w' }).info('inner', { step: 3 }));
  });
  log.info('outside');
  const shown = lines().map(({ event, request_id, tenant_id, run_id, step, tool, v }) => [
    event,
    request_id,
    tenant_id,
    run_id,
    step,
    tool,
    v,
  ]);
  assert.deepEqual(shown, [
    ['before', 'q', '-', undefined, undefined, undefined, 1],
    ['after', 'q', 't', undefined, undefined, undefined, 1],
    ['inner', 'q', 't', 'r', 3, 'w', 1],
    ['outside', undefined, '-', undefined, undefined, undefined, 1],
  ]);
});

test('a flood of failures becomes a trickle that says how much was left out; other kinds and good lines pass', async () => {
  const flood = { spanMs: 200, each: 5, all: 20, first: 2, kinds: 50 };
  const { log, lines } = open({ flood });
  for (let turn = 0; turn < 10_000; turn++)
    log.info('request', { code: 'unauthenticated', route: `/${turn % 10}`, status: 401 });
  log.warn('egress.blocked', { code: 'private' });
  for (let turn = 0; turn < 100; turn++) log.info('request', { route: '/1', status: 200 });
  const refused = lines().filter((line) => line.code === 'unauthenticated').length;
  assert.ok(refused <= flood.all + 10 * flood.first, String(refused));
  assert.equal(lines().filter((line) => line.event === 'egress.blocked').length, 1);
  assert.equal(lines().filter((line) => line.status === 200).length, 100);
  while (!lines().some((line) => line.event === 'log.repeated'))
    await new Promise((resolve) => setTimeout(resolve, 20));
  const told = lines().filter((line) => line.event === 'log.repeated');
  assert.equal(
    told.reduce((sum, line) => sum + Number(line.count), 0),
    10_000 - refused,
  );
  assert.deepEqual([told[0]?.name, told[0]?.code], ['request', 'unauthenticated']);
  assert.equal(log.counts().dropped, 10_000 - refused);
  assert.equal(log.counts().written, lines().length);
});

test('more kinds than are told apart share one, so that neither memory nor lines grow', async () => {
  const { log, raw } = open({ flood: { spanMs: 100, each: 5, all: 100, first: 1, kinds: 10 } });
  for (let turn = 0; turn < 5_000; turn++) log.warn('refused', { reason: `r${turn}` });
  assert.ok(raw.length <= 20, String(raw.length));
  while (!raw.join('').includes('log.repeated')) await new Promise((resolve) => setTimeout(resolve, 20));
});

test('of the secrets of calls the newest are masked, those of the process for good', () => {
  const { log, lines } = open();
  log.register('secret-of-the-process');
  for (let turn = 0; turn < 3_000; turn++) log.register(`secret-of-call-${turn}-x`, 'passing');
  log.info('x', { detail: 'said secret-of-the-process, secret-of-call-2999-x and secret-of-call-1-x' });
  assert.equal(lines()[0]?.detail, 'said [redacted], [redacted] and secret-of-call-1-x');
});
