// What is read of an event and of an object: ids, state, amounts, period and mode. Everything else of it stays unread (ST8).

export type ObjectKind = 'subscription' | 'invoice';

export interface StripeEvent {
  readonly id: string;
  readonly type: string;
  readonly livemode: boolean;
  readonly kind: ObjectKind | undefined;
  readonly objectId: string;
  /** The object as the event tells it: only a proof without the second door reads it. */
  readonly told: unknown;
}

export interface StripeObject {
  readonly kind: ObjectKind;
  readonly id: string;
  readonly livemode: boolean;
  readonly customerId: string;
  readonly status: string;
  readonly priceId: string | null;
  readonly amountMinor: number | null;
  readonly currency: string | null;
  readonly periodStart: Date | null;
  readonly periodEnd: Date | null;
}

const ID = /^[A-Za-z0-9_]{1,255}$/;
const TYPE = /^[a-z0-9_.]{1,100}$/;
const STATUS = /^[a-z_]{1,40}$/;
const CURRENCY = /^[a-z]{3}$/;
const MOST_SECONDS = 253_402_300_799;

function own(value: unknown, name: string): unknown {
  return value !== null && typeof value === 'object' && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
function text(value: unknown, is: RegExp): string | undefined {
  return typeof value === 'string' && is.test(value) ? value : undefined;
}
function seconds(value: unknown): Date | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MOST_SECONDS
    ? new Date(value * 1_000)
    : null;
}
function kindOf(value: unknown): ObjectKind | undefined {
  return value === 'subscription' || value === 'invoice' ? value : undefined;
}

/** Undefined when it is no event of an object that has an id. */
export function readEvent(value: unknown): StripeEvent | undefined {
  const told = own(own(value, 'data'), 'object');
  const id = text(own(value, 'id'), ID);
  const type = text(own(value, 'type'), TYPE);
  const livemode = own(value, 'livemode');
  const objectId = text(own(told, 'id'), ID);
  if (own(value, 'object') !== 'event' || id === undefined || type === undefined || objectId === undefined)
    return undefined;
  if (typeof livemode !== 'boolean') return undefined;
  return { id, type, livemode, objectId, kind: kindOf(own(told, 'object')), told };
}

/** Undefined when a part that decides is missing or of another shape. */
export function readObject(value: unknown): StripeObject | undefined {
  const kind = kindOf(own(value, 'object'));
  const id = text(own(value, 'id'), ID);
  const livemode = own(value, 'livemode');
  const customer = own(value, 'customer');
  const customerId = text(typeof customer === 'string' ? customer : own(customer, 'id'), ID);
  const status = text(own(value, 'status'), STATUS);
  if (kind === undefined || id === undefined || typeof livemode !== 'boolean') return undefined;
  if (customerId === undefined || status === undefined) return undefined;
  return {
    kind,
    id,
    livemode,
    customerId,
    status,
    ...(kind === 'invoice' ? invoiceParts(value) : subscriptionParts(value)),
  };
}

type Parts = Pick<StripeObject, 'priceId' | 'amountMinor' | 'currency' | 'periodStart' | 'periodEnd'>;

function invoiceParts(value: unknown): Parts {
  const paid = own(value, 'amount_paid');
  return {
    priceId: null,
    amountMinor: typeof paid === 'number' && Number.isSafeInteger(paid) && paid >= 0 ? paid : null,
    currency: text(own(value, 'currency'), CURRENCY) ?? null,
    periodStart: seconds(own(value, 'period_start')),
    periodEnd: seconds(own(value, 'period_end')),
  };
}

/** The period moved from the subscription to its items between versions of the API; both are read. */
function subscriptionParts(value: unknown): Parts {
  const items = own(own(value, 'items'), 'data');
  const item: unknown = Array.isArray(items) ? items[0] : undefined;
  return {
    priceId: text(own(own(item, 'price'), 'id'), ID) ?? null,
    amountMinor: null,
    currency: null,
    periodStart: seconds(own(item, 'current_period_start') ?? own(value, 'current_period_start')),
    periodEnd: seconds(own(item, 'current_period_end') ?? own(value, 'current_period_end')),
  };
}
