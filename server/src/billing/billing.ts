// Owns what usage costs and who pays: the price book, the ledger's sums, and the standing of a tenant with the payment provider.
// Promises that a past price never changes, that an event of the provider has its effect once, and that only ids and amounts are kept.
// Must never believe the body of an event, take a tenant from it, or let a late or lost payment delete anything.
export { openPriceBook, type PriceBook, type PriceEntry, type PriceUsed, parsePrice, priceOf } from './prices.ts';
export { listRunUsage, sumRun, sumUsage, type UsageId } from './usage.ts';
