// Prices and payments as the settings say.
import { createEgressGuard } from '@sallyport/egress';
import {
  type Billing,
  createBilling,
  openPriceBook,
  openStripe,
  type PriceBook,
  parsePrice,
} from '../billing/billing.ts';
import type { Config } from '../config.ts';
import type { Database } from '../db/db.ts';
import { fault } from '../errors.ts';
import { ownerOfCustomer } from '../identity/identity.ts';
import type { Log } from '../log.ts';

export function openPrices(config: Config): PriceBook {
  return openPriceBook(
    config.modelPrices.map((text) => {
      const entry = parsePrice(text);
      if (entry === undefined)
        throw fault('configuration', { detail: `SALLYPORT_MODEL_PRICES: ${text} names no day of the calendar` });
      return entry;
    }),
  );
}

/** Undefined when billing is off, which costs nothing: the library is not even loaded. */
export async function openBilling(
  config: Config,
  log: Log,
  db: Database,
): Promise<{ readonly billing: Billing; close(): Promise<void> } | undefined> {
  const { stripeMode: mode, stripeApiKey: apiKey, stripeWebhookSecrets: webhookSecrets } = config;
  if (mode === 'off' || apiKey === undefined || webhookSecrets === undefined) return undefined;
  if (!apiKey.startsWith('rk_')) log.warn('billing.key_not_restricted');
  const egress = createEgressGuard({ maxRedirects: 0 });
  const stripe = await openStripe({ apiKey, webhookSecrets, egress });
  const ownerOf = (of: 'test' | 'live', customer: string) => ownerOfCustomer(db, of, customer);
  return { billing: createBilling({ db, log, mode, stripe, ownerOf }), close: () => egress.close() };
}
