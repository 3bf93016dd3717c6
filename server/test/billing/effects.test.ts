// What an event does: once, whoever brings it, how often, in which order, and whatever fails on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BillingDoors } from '../../src/billing/billing.ts';
import { eventOf, heldBack, invoice, link, type Payments, SECRET, startPayments, subscription } from './payments.ts';

async function withPayments(
  options: Parameters<typeof startPayments>[0],
  work: (payments: Payments) => Promise<void>,
): Promise<void> {
  const payments = await startPayments(options);
  try {
    await work(payments);
  } finally {
    await payments.close();
  }
}
const count = async (payments: Payments, table: string): Promise<number> =>
  Number((await payments.api.database.admin(`select count(*)::int as n from ${table}`)).rows[0]?.n);

test('a hundred copies of one event at once on two nodes have one effect, and all are answered', async () => {
  await withPayments({ nodes: 2 }, async (payments) => {
    payments.objects.set('in_1', invoice('in_1', 'paid'));
    const event = eventOf('evt_1', 'invoice.paid', invoice('in_1', 'paid'));
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => payments.deliver(event, { node: index % 2 })),
    );
    assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([200]));
    assert.equal(await payments.paid(), 1_900);
    assert.deepEqual(
      [await count(payments, 'app.billing_events'), await count(payments, 'app.billing_transitions')],
      [1, 1],
    );
  });
});

test('different events that tell of one payment at once credit it once', async () => {
  await withPayments({ nodes: 2 }, async (payments) => {
    payments.objects.set('in_1', invoice('in_1', 'paid'));
    const types = ['invoice.paid', 'invoice.payment_succeeded', 'invoice.updated', 'invoice.finalized'];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        payments.deliver(eventOf(`evt_${index}`, types[index % 4] ?? '', invoice('in_1', 'open')), { node: index % 2 }),
      ),
    );
    assert.ok(answers.every((answer) => answer.status === 200));
    assert.equal(await payments.paid(), 1_900);
    assert.equal(await count(payments, 'app.billing_events'), 20);
  });
});

const ALL: BillingDoors = { signature: true, fetchBack: true, uniqueEvent: true, uniqueTransition: true };
const without = (...doors: (keyof BillingDoors)[]): BillingDoors => ({
  ...ALL,
  ...Object.fromEntries(doors.map((door) => [door, false])),
});
const named = (doors: BillingDoors): string =>
  Object.entries(doors)
    .filter(([, stands]) => !stands)
    .map(([door]) => door)
    .join(' and ') || 'none';

/** A body that says an unpaid invoice of the provider is paid, and one of an invoice that never was. */
const FORGED: readonly (readonly [BillingDoors, boolean])[] = [
  [ALL, false],
  [without('signature'), false],
  [without('fetchBack'), false],
  [without('signature', 'fetchBack'), true],
];
for (const [doors, succeeds] of FORGED)
  test(`a forged event ${succeeds ? 'credits a payment' : 'has no effect'} with these doors removed: ${named(doors)}`, async () => {
    await withPayments({ doors }, async (payments) => {
      payments.objects.set('in_open', invoice('in_open', 'open'));
      for (const id of ['in_open', 'in_invented'])
        await payments.deliver(eventOf(`evt_${id}`, 'invoice.paid', invoice(id, 'paid', { amount_paid: 999_900 })), {
          secret: 'whsec_of_the_attacker_00',
        });
      assert.equal((await payments.paid()) > 0, succeeds);
    });
  });

const DOUBLED: readonly (readonly [BillingDoors, boolean])[] = [
  [ALL, false],
  [without('uniqueEvent'), false],
  [without('uniqueTransition'), false],
  [without('uniqueEvent', 'uniqueTransition'), true],
];
for (const [doors, succeeds] of DOUBLED)
  test(`an event that comes three times is credited ${succeeds ? 'three times' : 'once'} with these doors removed: ${named(doors)}`, async () => {
    await withPayments({ doors, nodes: 2 }, async (payments) => {
      payments.objects.set('in_1', invoice('in_1', 'paid'));
      const event = eventOf('evt_1', 'invoice.paid', invoice('in_1', 'paid'));
      await Promise.all([0, 1].map((node) => payments.deliver(event, { node })));
      await payments.deliver(event);
      assert.equal(await payments.paid(), succeeds ? 3 * 1_900 : 1_900);
    });
  });

test('an event whose answer is lost after the commit comes again and changes nothing', async () => {
  let lose = true;
  const wrap = (billing: Parameters<NonNullable<NonNullable<Parameters<typeof startPayments>[0]>['wrap']>>[0]) => ({
    ...billing,
    receive: async (body: Uint8Array, signature: string | undefined) => {
      const outcome = await billing.receive(body, signature);
      if (lose) throw new Error('the process ends here');
      return outcome;
    },
  });
  await withPayments({ nodes: 2, wrap }, async (payments) => {
    payments.objects.set('in_1', invoice('in_1', 'paid'));
    const event = eventOf('evt_1', 'invoice.paid', invoice('in_1', 'paid'));
    assert.equal((await payments.deliver(event)).status, 500);
    assert.equal(await payments.paid(), 1_900);
    lose = false;
    assert.equal((await payments.deliver(event, { node: 1 })).status, 200);
    assert.equal(await payments.paid(), 1_900);
  });
});

test('an event that fails before its commit leaves no trace, and has its effect when it comes again', async () => {
  await withPayments({}, async (payments) => {
    const { admin } = payments.api.database;
    payments.objects.set('in_1', invoice('in_1', 'paid'));
    const event = eventOf('evt_1', 'invoice.paid', invoice('in_1', 'paid'));
    await admin("alter table app.billing_balances add constraint broken check (currency <> 'usd')");
    assert.equal((await payments.deliver(event)).status, 500);
    assert.deepEqual(
      [await count(payments, 'app.billing_events'), await count(payments, 'app.billing_transitions')],
      [0, 0],
    );
    await admin('alter table app.billing_balances drop constraint broken');
    assert.equal((await payments.deliver(event)).status, 200);
    assert.equal(await payments.paid(), 1_900);
  });
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, at) => permutations(items.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

test('all 24 orders of four events end in the same state', async () => {
  await withPayments({}, async (payments) => {
    const ends = new Set<string>();
    const types = ['created', 'updated', 'paused', 'deleted'];
    for (const [round, order] of permutations(types).entries()) {
      const id = `sub_${round}`;
      const told: Record<string, string> = {
        created: 'incomplete',
        updated: 'active',
        paused: 'paused',
        deleted: 'canceled',
      };
      payments.objects.set(id, subscription(id, 'canceled'));
      for (const type of order)
        await payments.deliver(
          eventOf(`evt_${round}_${type}`, `customer.subscription.${type}`, subscription(id, told[type] ?? '')),
        );
      const { rows } = await payments.api.database.admin(
        'select status, price_id, period_end from app.billing_subscriptions where subscription_id = $1',
        [id],
      );
      ends.add(JSON.stringify(rows));
    }
    assert.equal(ends.size, 1);
    assert.match([...ends][0] ?? '', /canceled/);
  });
});

test('a state that was asked for earlier and answered later never goes back over a newer one', async () => {
  await withPayments({}, async (payments) => {
    payments.objects.set('sub_1', subscription('sub_1', 'active'));
    payments.held.hold = true;
    const early = payments.deliver(eventOf('evt_1', 'customer.subscription.updated', subscription('sub_1', 'active')));
    await heldBack(payments, 1);
    payments.held.hold = false;
    payments.objects.set('sub_1', subscription('sub_1', 'canceled'));
    await payments.deliver(eventOf('evt_2', 'customer.subscription.deleted', subscription('sub_1', 'canceled')));
    for (const answer of payments.held.waiting.splice(0)) answer();
    assert.equal((await early).status, 200);
    const { rows } = await payments.api.database.admin('select status from app.billing_subscriptions');
    assert.deepEqual(rows, [{ status: 'canceled' }]);
  });
});

test('a customer that no tenant has is parked and reported, whatever the event says of a tenant', async () => {
  await withPayments({}, async (payments) => {
    const { tenantB } = payments.api;
    const forged = {
      customer: 'cus_nobody',
      metadata: { tenant_id: tenantB.tenant_id },
      client_reference_id: tenantB.tenant_id,
    };
    payments.objects.set('in_x', invoice('in_x', 'paid', forged));
    const event = eventOf('evt_x', 'invoice.paid', invoice('in_x', 'paid', forged));
    assert.equal((await payments.deliver(event)).status, 200);
    assert.equal((await payments.deliver(event)).status, 200);
    assert.equal(await payments.paid(), 0);
    assert.equal(await count(payments, 'sys.billing_parked'), 1);
    assert.ok(payments.api.lines.some((line) => line.includes('"reason":"parked"')));
  });
});

test('a customer is linked once: by the operator alone, to one tenant, and a tenant to one customer', async () => {
  await withPayments({}, async (payments) => {
    const { api } = payments;
    const link_ = (tenant: string, customer: string) => link(api, tenant, customer).then((answer) => answer.status);
    assert.equal(await link_(api.tenantA.tenant_id, 'cus_A'), 200, 'again');
    assert.equal(await link_(api.tenantB.tenant_id, 'cus_A'), 409, 'the customer of another');
    assert.equal(await link_(api.tenantA.tenant_id, 'cus_C'), 409, 'a second customer');
    const own = await api.ask('/v1/billing/customers', {
      key: api.tenantB.api_key,
      json: { tenant_id: api.tenantB.tenant_id, customer_id: 'cus_B' },
    });
    assert.equal(own.status, 403);
  });
});

const STATES: readonly (readonly [string, number, boolean])[] = [
  ['active', 4_000_000_000, true],
  ['trialing', 4_000_000_000, true],
  ['active', 1_700_000_000, false],
  ['past_due', 4_000_000_000, false],
  ['unpaid', 4_000_000_000, false],
  ['incomplete', 4_000_000_000, false],
  ['paused', 4_000_000_000, false],
  ['canceled', 4_000_000_000, false],
  ['a_state_of_tomorrow', 4_000_000_000, false],
];
test('only a subscription that is known to run lets runs start; what is late or unknown starts none and deletes nothing', async () => {
  await withPayments({}, async (payments) => {
    const { api } = payments;
    const key = api.tenantA.api_key;
    const start = () => api.ask('/v1/runs', { key, json: { skill: 'web-digest', task: 't' } });
    const none = await start();
    assert.deepEqual([none.status, none.json.code], [402, 'payment_required']);
    for (const [index, [status, period_end, allowed]] of STATES.entries()) {
      const item = { price: { id: 'price_1' }, current_period_start: 1_600_000_000, current_period_end: period_end };
      payments.objects.set('sub_1', subscription('sub_1', status, { items: { data: [item] } }));
      await payments.deliver(
        eventOf(`evt_${index}`, 'customer.subscription.updated', { id: 'sub_1', object: 'subscription' }),
      );
      assert.equal((await start()).status, allowed ? 201 : 402, `${status} until ${period_end}`);
      const standing = await api.ask('/v1/billing', { key });
      assert.deepEqual([standing.json.may_start_runs, standing.json.subscriptions[0].status], [allowed, status]);
    }
    assert.equal((await api.ask('/v1/runs', { key })).json.data.length, 2, 'the runs that there were are there');
    const other = await api.ask('/v1/billing', { key: api.tenantB.api_key });
    assert.deepEqual(other.json.subscriptions, []);
  });
});

test('the secret of an endpoint is in no log line', async () => {
  await withPayments({}, async (payments) => {
    await payments.deliver(eventOf('evt_1', 'invoice.paid', invoice('in_1', 'paid')), {
      signature: `t=1,v1=${SECRET}`,
    });
    assert.ok(!payments.api.lines.join('\n').includes(SECRET));
  });
});
