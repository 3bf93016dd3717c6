// What may come in at all: signatures over the raw bytes, one mode, a bounded body; and nothing is written for what may not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startApi } from '../http/api.ts';
import {
  eventOf,
  invoice,
  NEXT_SECRET,
  type Payments,
  PERSONAL,
  SECRET,
  sign,
  startPayments,
  subscription,
} from './payments.ts';

let payments: Payments;
before(async () => {
  payments = await startPayments();
});
after(() => payments.close());

const written = async (): Promise<number> => {
  const { rows } = await payments.api.database.admin(
    'select (select count(*) from app.billing_events) + (select count(*) from sys.billing_parked) + (select count(*) from app.billing_transitions) as n',
  );
  return Number(rows[0]?.n);
};
const paidEvent = eventOf('evt_flip', 'invoice.paid', invoice('in_flip', 'paid'));

test('one changed byte anywhere in the body or the header is refused, and nothing is written or asked', async () => {
  payments.objects.set('in_flip', invoice('in_flip', 'paid'));
  const body = Buffer.from(JSON.stringify(paidEvent));
  const signature = sign(body.toString());
  const asked = payments.asked.length;
  const before = await written();
  const places = Array.from({ length: 60 }, (_, index) => Math.floor((index * body.length) / 60));
  for (const at of places) {
    const flipped = Buffer.from(body);
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const answer = await payments.deliver(paidEvent, { body: flipped, signature });
    assert.deepEqual([answer.status, answer.json.code], [400, 'invalid_signature'], `byte ${at}`);
  }
  for (let at = 0; at < signature.length; at++) {
    const other = signature[at] === '0' ? '1' : '0';
    const answer = await payments.deliver(paidEvent, {
      signature: signature.slice(0, at) + other + signature.slice(at + 1),
    });
    assert.equal(answer.status, 400, `sign ${at} of the header`);
  }
  assert.deepEqual([payments.asked.length, await written()], [asked, before]);
});

const NOW = Date.now();
const text = JSON.stringify(paidEvent);
const v1 = sign(text, SECRET, NOW).split(',')[1] ?? '';
const t = Math.floor(NOW / 1_000);
const REFUSED: readonly (readonly [string, Parameters<Payments['deliver']>[1]])[] = [
  ['an empty header', { signature: ' ' }],
  ['a header without a time', { signature: v1 }],
  ['a header without a signature', { signature: `t=${t}` }],
  ['only the old scheme', { signature: `t=${t},${v1.replace('v1=', 'v0=')}` }],
  ['two times', { signature: `t=${t - 900},t=${t},${v1}` }],
  ['a time that is no number', { signature: `t=${t}x,${v1}` }],
  ['a time over 300 s ago', { at: NOW - 310_000 }],
  ['a time over 300 s to come', { at: NOW + 330_000 }],
  ['the secret of somebody else', { secret: 'whsec_somebody_else_0000' }],
  ['the same JSON written another way', { body: JSON.stringify(paidEvent, null, 1), signature: sign(text) }],
  ['a byte order mark in front', { body: `\uFEFF${text}`, signature: sign(text) }],
  ['a byte order mark that was signed', { body: `\uFEFF${text}`, signature: sign(`\uFEFF${text}`) }],
  ['another charset', { body: Buffer.from(text, 'utf16le'), signature: sign(text) }],
  [
    'bytes that are no UTF-8',
    { body: Buffer.concat([Buffer.from(text), Buffer.from([0xff])]), signature: sign(`${text}\uFFFD`) },
  ],
  ['an empty body', { body: '' }],
  ['a header of many kilobytes', { signature: `${sign(text)}${',v1=00'.repeat(1_000)}` }],
];
for (const [name, how] of REFUSED)
  test(`${name} is refused before anything is parsed or written`, async () => {
    const before = await written();
    const answer = await payments.deliver(paidEvent, how);
    assert.deepEqual([answer.status, answer.json.code], [400, 'invalid_signature']);
    assert.equal(await written(), before);
  });

test('no header, and two headers, are refused', async () => {
  const none = await payments.api.ask('/v1/stripe/webhook', { method: 'POST', body: text });
  assert.equal(none.json.code, 'invalid_signature');
});

test('what is signed but no event of ours is refused with a code, or left alone', async () => {
  for (const body of [
    '[]',
    'null',
    '{}',
    '{"object":"event","id":"evt_1"}',
    JSON.stringify({ ...paidEvent, livemode: 'no' }),
  ])
    assert.deepEqual((await payments.deliver({}, { body })).json.code, 'invalid_request', body);
  const other = await payments.deliver(eventOf('evt_other', 'charge.refunded', { id: 'ch_1', object: 'charge' }));
  assert.equal(other.status, 200);
  assert.equal(await written(), 0);
});

test('the media type does not matter, and a body above 1 MiB is refused', async () => {
  const large = await payments.deliver(paidEvent, { body: `${text}${' '.repeat(1024 * 1024)}` });
  assert.equal(large.json.code, 'too_large');
  payments.objects.set('in_type', invoice('in_type', 'open'));
  for (const type of ['text/plain', 'application/xml; charset=latin1', 'application/octet-stream']) {
    const answer = await payments.deliver(
      eventOf(`evt_${type.length}`, 'invoice.created', invoice('in_type', 'open')),
      { type },
    );
    assert.equal(answer.status, 200, type);
  }
});

test('either of two secrets is taken while one is rolled', async () => {
  payments.objects.set('sub_roll', subscription('sub_roll', 'active'));
  for (const secret of [SECRET, NEXT_SECRET]) {
    const event = eventOf(`evt_roll_${secret.at(-1)}`, 'customer.subscription.updated', {
      id: 'sub_roll',
      object: 'subscription',
    });
    assert.equal((await payments.deliver(event, { secret })).status, 200);
  }
});

test('an event of the other mode, and an object of the other mode, are refused and reported', async () => {
  const before = await written();
  const live = await payments.deliver(
    eventOf('evt_live', 'invoice.paid', invoice('in_flip', 'paid'), { livemode: true }),
  );
  assert.deepEqual([live.status, live.json.code], [400, 'wrong_mode']);
  payments.objects.set('in_live', invoice('in_live', 'paid', { livemode: true }));
  const object = await payments.deliver(eventOf('evt_live_object', 'invoice.paid', invoice('in_live', 'paid')));
  assert.equal(object.json.code, 'wrong_mode');
  assert.equal(await written(), before);
  assert.ok(payments.api.lines.some((line) => line.includes('billing.wrong_mode')));
});

test('an event whose object the provider does not have changes nothing', async () => {
  const before = await written();
  const answer = await payments.deliver(eventOf('evt_ghost', 'invoice.paid', invoice('in_ghost', 'paid')));
  assert.deepEqual([answer.status, await written(), await payments.paid()], [200, before, 0]);
});

test('a provider that does not answer makes the event come again', async () => {
  const event = eventOf('evt_down', 'invoice.paid', invoice('in_down', 'paid', { amount_paid: 0 }));
  payments.objects.set('in_down', { down: true });
  const down = await payments.deliver(event);
  assert.deepEqual([down.status, down.json.code, down.headers.get('retry-after')], [503, 'unavailable', '60']);
  payments.objects.set('in_down', { object: 'invoice', id: 'in_down' });
  assert.equal((await payments.deliver(event)).status, 400, 'an object that says too little');
  payments.objects.set('in_down', invoice('in_down', 'paid', { amount_paid: 0 }));
  const before = await written();
  assert.equal((await payments.deliver(event)).status, 200);
  assert.equal(await written(), before + 2);
});

test('only ids, states, amounts, periods and the mode are kept, and no log line holds more', async () => {
  payments.objects.set('in_kept', invoice('in_kept', 'paid'));
  const event = eventOf('evt_kept', 'invoice.paid', invoice('in_kept', 'paid'));
  assert.equal((await payments.deliver(event)).status, 200);
  assert.equal(await payments.paid(), 1_900);
  const dump = await payments.dump();
  assert.ok(dump.includes('evt_kept') && dump.includes('in_kept'));
  for (const secret of [...PERSONAL, SECRET])
    assert.ok(!(dump + payments.api.lines.join('\n')).includes(secret), `${secret} was kept`);
  assert.ok(payments.asked.every((line) => line.startsWith('GET /v1/')));
});

test('while billing is off an event is never accepted, whatever it says', async () => {
  const api = await startApi();
  try {
    const headers = { 'stripe-signature': sign(text) };
    const answer = await api.ask('/v1/stripe/webhook', { method: 'POST', headers, body: text });
    assert.deepEqual([answer.status, answer.json.code], [503, 'unavailable']);
    const { rows } = await api.database.admin('select count(*)::int as n from app.billing_events');
    assert.equal(rows[0]?.n, 0);
    const standing = await api.ask('/v1/billing', { key: api.tenantA.api_key });
    assert.deepEqual([standing.json.mode, standing.json.may_start_runs], ['off', true]);
  } finally {
    await api.close();
  }
});
