// What an event does to its tenant: one transaction in which the id of the event, the transition of the object and their effect stand or fall together.
import { randomUUID } from 'node:crypto';
import { recordAct } from '../audit/audit.ts';
import { sql, type TenantTx } from '../db/db.ts';
import type { BillingDoors } from './billing-doors.ts';
import type { StripeEvent, StripeObject } from './stripe-objects.ts';

export type Mode = 'test' | 'live';

export interface Told {
  readonly mode: Mode;
  readonly event: StripeEvent;
  readonly object: StripeObject;
  /** Drawn before the object was fetched. */
  readonly ticket: bigint;
}

/** `duplicate`: this event was taken before. `known`: another event told of this transition. */
export async function applyObject(
  tx: TenantTx,
  told: Told,
  doors: BillingDoors,
): Promise<'applied' | 'duplicate' | 'known'> {
  const { mode, event, object } = told;
  const eventId = doors.uniqueEvent ? event.id : `${event.id}#${randomUUID()}`;
  const first = await tx.run(
    sql`insert into billing_events (tenant_id, mode, event_id, type, object_id)
      values (${tx.value}, ${mode}, ${eventId}, ${event.type}, ${object.id}) on conflict do nothing`,
  );
  if (first === 0) return 'duplicate';
  if (object.kind === 'subscription') await setSubscription(tx, told);
  const transition = `${object.kind}.${object.status}${doors.uniqueTransition ? '' : `#${randomUUID()}`}`;
  const moved = await tx.run(
    sql`insert into billing_transitions (tenant_id, mode, object_id, transition, amount_minor, currency, period_start, period_end)
      values (${tx.value}, ${mode}, ${object.id}, ${transition}, ${object.amountMinor}, ${object.currency}, ${object.periodStart}, ${object.periodEnd})
      on conflict do nothing`,
  );
  if (moved === 0) return 'known';
  if (object.kind === 'invoice' && object.status === 'paid') await creditPayment(tx, mode, object);
  await recordAct(tx, {
    action: 'billing.recorded',
    object: { kind: object.kind, id: object.id },
    detail: { mode, status: object.status, event: event.id },
  });
  return 'applied';
}

/** A state that was asked for before another was is never written over it, whichever answer came first (ST6). */
async function setSubscription(tx: TenantTx, { mode, object, ticket }: Told): Promise<void> {
  const fresh = await tx.run(
    sql`insert into billing_subscriptions (tenant_id, mode, subscription_id, status, price_id, period_start, period_end, ticket)
      values (${tx.value}, ${mode}, ${object.id}, ${object.status}, ${object.priceId}, ${object.periodStart}, ${object.periodEnd}, ${ticket.toString()}::bigint)
      on conflict do nothing`,
  );
  if (fresh === 1) return;
  await tx.run(
    sql`update billing_subscriptions s set status = ${object.status}, price_id = ${object.priceId}, period_start = ${object.periodStart},
        period_end = ${object.periodEnd}, ticket = ${ticket.toString()}::bigint, updated_at = clock_timestamp()
      where ${tx.mine('s')} and s.mode = ${mode} and s.subscription_id = ${object.id} and s.ticket < ${ticket.toString()}::bigint`,
  );
}

async function creditPayment(tx: TenantTx, mode: Mode, object: StripeObject): Promise<void> {
  if (object.amountMinor === null || object.currency === null) return;
  await tx.run(
    sql`insert into billing_balances (tenant_id, mode, currency) values (${tx.value}, ${mode}, ${object.currency}) on conflict do nothing`,
  );
  await tx.run(
    sql`update billing_balances b set paid_minor = b.paid_minor + ${object.amountMinor}::bigint
      where ${tx.mine('b')} and b.mode = ${mode} and b.currency = ${object.currency}`,
  );
}
