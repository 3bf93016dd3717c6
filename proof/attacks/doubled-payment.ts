// One event of the provider comes again and again, at two nodes at once and afterwards.
import { eventOf, invoice, startPayments } from '../../server/test/billing/payments.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

const ONCE = 1_900;

async function run(setting: Setting): Promise<Outcome> {
  const payments = await startPayments({
    nodes: 2,
    doors: { signature: true, fetchBack: true, uniqueEvent: setting.outer, uniqueTransition: setting.inner },
  });
  try {
    payments.objects.set('in_1', invoice('in_1', 'paid'));
    const event = eventOf('evt_1', 'invoice.paid', invoice('in_1', 'paid'));
    await Promise.all([0, 1].map((node) => payments.deliver(event, { node })));
    await payments.deliver(event);
    const paid = await payments.paid();
    if (paid < ONCE) throw new Error('the payment was not credited at all');
    return { succeeded: paid > ONCE, evidence: `${paid} cents were credited where ${ONCE} belong` };
  } finally {
    await payments.close();
  }
}

export const doubledPayment: Attack = {
  id: 'doubled-payment',
  promise: 7,
  threat: 'Billing: a doubled event of the payment provider',
  outer: 'an event is taken once for its mode and id',
  inner: 'a transition of an object is booked once',
  run,
};
