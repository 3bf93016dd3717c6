// An event that the provider never sent says that an invoice is paid: one that is open, and one that never was.
import { eventOf, invoice, startPayments } from '../../server/test/billing/payments.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

async function run(setting: Setting): Promise<Outcome> {
  const payments = await startPayments({
    doors: { signature: setting.outer, fetchBack: setting.inner, uniqueEvent: true, uniqueTransition: true },
  });
  try {
    payments.objects.set('in_open', invoice('in_open', 'open'));
    const statuses: number[] = [];
    for (const id of ['in_open', 'in_invented']) {
      const forged = eventOf(`evt_${id}`, 'invoice.paid', invoice(id, 'paid', { amount_paid: 999_900 }));
      statuses.push((await payments.deliver(forged, { secret: 'whsec_of_the_attacker_00' })).status);
    }
    const paid = await payments.paid();
    return {
      succeeded: paid > 0,
      evidence: `${paid} cents were credited; the events were answered ${statuses.join(', ')}`,
    };
  } finally {
    await payments.close();
  }
}

export const forgedPayment: Attack = {
  id: 'forged-payment',
  promise: 7,
  threat: 'Billing: a forged event of the payment provider',
  outer: 'the signature over the raw bytes',
  inner: 'the object is fetched back by its id; the body is not believed',
  run,
};
