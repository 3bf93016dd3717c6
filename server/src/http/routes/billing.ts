// The payment provider's events, and how a tenant stands with it. Off by default: without billing an event is never accepted.
import { BillingStanding, EventReceived, LinkCustomer, LinkedCustomer } from '@sallyport/contracts';
import type { Billing } from '../../billing/billing.ts';
import { fault } from '../../errors.ts';
import { linkCustomer } from '../../identity/identity.ts';
import { asId } from '../../ids.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { readBody } from '../message/read-body.ts';
import { type Route, route, type Services } from '../route.ts';

const MOST_EVENT_BYTES = 1024 * 1024;
const OFF: BillingStanding = { mode: 'off', may_start_runs: true, subscriptions: [], paid: [] };

function demandBilling(services: Services): Billing {
  if (services.billing === undefined) throw fault('unavailable', { detail: 'billing is off' });
  return services.billing;
}

export const billingRoutes: readonly Route[] = [
  route({
    method: 'POST',
    path: '/v1/stripe/webhook',
    access: 'public',
    summary: 'Takes an event of Stripe by its signature on the raw bytes. 503 while billing is off.',
    raw: true,
    headers: { 'Stripe-Signature': 'The time and the signature of the raw body.' },
    faults: ['invalid_signature', 'wrong_mode', 'unavailable', 'too_large'],
    answers: [answer(EventReceived, 'The event was taken, or had been before.')],
    handle: async ({ services, content, header }) => {
      const billing = demandBilling(services);
      // The very bytes: no parser has seen them.
      const bytes = await readBody(content, undefined, MOST_EVENT_BYTES);
      await billing.receive(bytes, header('stripe-signature'));
      return ok({ received: true });
    },
  }),
  route({
    method: 'GET',
    path: '/v1/billing',
    access: 'billing:read',
    summary: 'Shows how the tenant stands: its subscriptions, what it paid, and whether it may start runs.',
    answers: [answer(BillingStanding, 'The standing of the tenant.')],
    handle: async ({ services, scope }) =>
      ok(services.billing === undefined ? OFF : await services.billing.standing(scope)),
  }),
  route({
    method: 'POST',
    path: '/v1/billing/customers',
    access: 'operator',
    summary: 'Links a tenant to a customer of Stripe, in the mode of this server. Safe to repeat.',
    body: LinkCustomer,
    sample: { tenant_id: '01980000-0000-7000-8000-000000000001', customer_id: 'cus_Q1a2b3c4' },
    faults: ['conflict', 'unavailable'],
    answers: [answer(LinkedCustomer, 'The link.')],
    handle: async ({ services, principal, body }) => {
      const { mode } = demandBilling(services);
      const { tenant_id, customer_id } = body;
      await linkCustomer(services.db, principal, { tenantId: asId(tenant_id), mode, customerId: customer_id });
      return ok({ tenant_id, customer_id, mode });
    },
  }),
];
