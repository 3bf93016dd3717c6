import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  appendLink,
  ChainError,
  canonicalize,
  type ExportedEvent,
  type ExportHeader,
  parseExport,
  verifyChain,
} from '../src/chain.ts';

const TENANT = '0198f2aa-0000-7000-8000-000000000001';
const RUN = '0198f2aa-0000-7000-8000-000000000002';

function makeExport(count: number): { header: ExportHeader; events: ExportedEvent[] } {
  const events: ExportedEvent[] = [];
  let prev: Uint8Array | null = null;
  for (let seq = 0; seq < count; seq++) {
    const envelope = {
      id: `id-${seq}`,
      tenant_id: TENANT,
      run_id: RUN,
      type: 'step.started',
      version: 1,
      time: '2026-11-01T00:00:00.000Z',
      actor: { kind: 'system', id: 'x' },
    };
    const salt = Buffer.alloc(16, seq + 1);
    const bytes = Buffer.from(canonicalize({ step: seq, name: 'model' }));
    const link = appendLink({ prev, seq, envelope, salt, bytes });
    events.push({
      ...envelope,
      seq,
      data_b64: bytes.toString('base64'),
      salt_b64: salt.toString('base64'),
      data_state: 'present',
      data_digest: Buffer.from(link.dataDigest).toString('hex'),
      prev_hash: prev === null ? null : Buffer.from(prev).toString('hex'),
      hash: Buffer.from(link.hash).toString('hex'),
    });
    prev = link.hash;
  }
  return {
    header: {
      tenant_id: TENANT,
      run_id: RUN,
      last_seq: count - 1,
      head: prev === null ? null : Buffer.from(prev).toString('hex'),
    },
    events,
  };
}

test('canonical text follows RFC 8785 for order, numbers and escapes', () => {
  const rows: [unknown, string][] = [
    [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
    [{ '\u20ac': 1, '\r': 2, '1': 3 }, '{"\\r":2,"1":3,"\u20ac":1}'],
    [[1e21, 1e-7, 0.000001, -0, Number('333333333.33333329')], '[1e+21,1e-7,0.000001,0,333333333.3333333]'],
    ['\u000f"\\\n', '"\\u000f\\"\\\\\\n"'],
  ];
  for (const [value, expected] of rows) assert.equal(canonicalize(value), expected);
});

test('values that are not JSON are refused with a code', () => {
  for (const value of [Number.NaN, Infinity, undefined, () => 1, new Date(), { a: undefined }, 1n]) {
    assert.throws(
      () => canonicalize(value),
      (error) => error instanceof ChainError && error.code === 'not_json',
    );
  }
  assert.throws(
    () => canonicalize('\ud800'),
    (error) => error instanceof ChainError && error.code === 'lone_surrogate',
  );
});

test('a link is the published formula, computed apart', () => {
  const { events } = makeExport(2);
  const second = events[1];
  assert.ok(second !== undefined && second.prev_hash !== null);
  const digest = createHash('sha256')
    .update(
      Buffer.concat([
        Buffer.from('sallyport.data.v1\0'),
        Buffer.alloc(16, 2),
        Buffer.from('{"name":"model","step":1}'),
      ]),
    )
    .digest('hex');
  assert.equal(second.data_digest, digest);
  const body = `{"actor":{"id":"x","kind":"system"},"data_digest":"${digest}","id":"id-1","run_id":"${RUN}","tenant_id":"${TENANT}","time":"2026-11-01T00:00:00.000Z","type":"step.started","version":1}`;
  const bodyHash = createHash('sha256').update(`sallyport.event.v1\0${body}`).digest();
  const seq = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1]);
  assert.equal(
    second.hash,
    createHash('sha256')
      .update(Buffer.concat([Buffer.from([1]), Buffer.from(second.prev_hash, 'hex'), seq, bodyHash]))
      .digest('hex'),
  );
});

test('a whole export verifies, also through its text form and with a removed payload', async () => {
  const { header, events } = makeExport(20);
  const text = [JSON.stringify({ sallyport_export: 1, ...header }), ...events.map((event) => JSON.stringify(event))];
  assert.deepEqual(await verifyChain(await parseExport(text)), {
    ok: true,
    count: 20,
    head: header.head,
    payloadsRemoved: 0,
  });
  const removed = events.map((event) =>
    event.seq === 3 ? { ...event, data_b64: null, salt_b64: null, data_state: 'erased' } : event,
  );
  assert.deepEqual(await verifyChain({ header, events: removed }), {
    ok: true,
    count: 20,
    head: header.head,
    payloadsRemoved: 1,
  });
});

test('a thousand random tamperings are all found', async () => {
  const { header, events } = makeExport(12);
  let state = 42;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  const fields = [
    'id',
    'tenant_id',
    'run_id',
    'type',
    'time',
    'data_b64',
    'salt_b64',
    'data_digest',
    'hash',
    'prev_hash',
  ] as const;
  for (let round = 0; round < 1000; round++) {
    const copy = structuredClone(events) as (ExportedEvent & Record<string, unknown>)[];
    const at = random(copy.length);
    const event = copy[at];
    assert.ok(event !== undefined);
    const act = random(6);
    if (act === 0) copy.splice(at, 1);
    else if (act === 1) copy.splice(at, 0, event);
    else if (act === 2) copy.length = random(copy.length);
    else if (act === 3) copy.splice((at + 1) % copy.length, 1, event);
    else {
      const field = fields[random(fields.length)] ?? 'id';
      const old = String(event[field] ?? '');
      const spot = random(Math.max(1, old.length));
      const letter = old[spot] === 'a' ? 'b' : 'a';
      Object.assign(event, { [field]: `${old.slice(0, spot)}${letter}${old.slice(spot + 1)}` });
    }
    const verdict = await verifyChain({ header, events: copy });
    assert.equal(verdict.ok, false, `round ${round}, act ${act}`);
  }
});

test('text that is no export is refused with a code', async () => {
  for (const lines of [[], ['{}'], ['not json'], ['[1]']]) {
    await assert.rejects(parseExport(lines), (error) => error instanceof ChainError && error.code === 'bad_export');
  }
});
