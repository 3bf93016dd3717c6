// Owns what usage costs and who pays: the price book, the ledger's sums, and the standing of a tenant with the payment provider.
// Promises that a past price never changes, that an event of the provider has its effect once, and that only ids and amounts are kept.
// Must never believe the body of an event, take a tenant from it, or let a late or lost payment delete anything.
import type { BillingStanding } from '@sallyport/contracts';
import type { TenantScope } from '../db/db.ts';
import type { Mode } from './apply-object.ts';
import type { BillingDoors } from './billing-doors.ts';
import { type Outcome, type ReceiveDeps, receive } from './receive.ts';
import { demandEntitled, describeStanding } from './standing.ts';

export type { BillingDoors } from './billing-doors.ts';
export { openPriceBook, type PriceBook, type PriceEntry, type PriceUsed, parsePrice, priceOf } from './prices.ts';
export { openStripe, type StripeGate, type StripeOptions } from './stripe.ts';
export { listRunUsage, sumRun, sumUsage, type UsageId } from './usage.ts';

export interface Billing {
  readonly mode: Mode;
  /** Takes an event as it came. Throws `invalid_signature`, `wrong_mode`, `unavailable`; writes nothing then. */
  receive(body: Uint8Array, signature: string | undefined): Promise<Outcome>;
  standing(scope: TenantScope): Promise<BillingStanding>;
  /** Throws `payment_required` when the tenant may start no run. */
  demandEntitled(scope: TenantScope): Promise<void>;
}

const ALL_DOORS: BillingDoors = { signature: true, fetchBack: true, uniqueEvent: true, uniqueTransition: true };

export function createBilling(options: Omit<ReceiveDeps, 'doors'> & { readonly doors?: BillingDoors }): Billing {
  const deps = { ...options, doors: options.doors ?? ALL_DOORS };
  return {
    mode: deps.mode,
    receive: (body, signature) => receive(deps, body, signature),
    standing: (scope) => describeStanding(scope, deps.mode),
    demandEntitled: (scope) => demandEntitled(scope, deps.mode),
  };
}
