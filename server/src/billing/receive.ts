// The way of an event: its bytes and signature, its mode, the object fetched back, whose it is, and then one transaction.
// Nothing is written before the signature holds, and nothing that the body tells of an object is believed.
import type { Database, Row } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { Log } from '../log.ts';
import type { BillingPrincipal } from '../principal.ts';
import { applyObject, type Mode } from './apply-object.ts';
import type { BillingDoors } from './billing-doors.ts';
import type { StripeGate } from './stripe.ts';
import { readEvent, readObject, type StripeEvent, type StripeObject } from './stripe-objects.ts';

export interface ReceiveDeps {
  readonly db: Database;
  readonly log: Log;
  readonly mode: Mode;
  readonly stripe: StripeGate;
  /** Whose customer it is, by our own table alone (ST7). */
  readonly ownerOf: (mode: Mode, customerId: string) => Promise<BillingPrincipal | undefined>;
  readonly doors: BillingDoors;
}

export type Outcome = 'applied' | 'duplicate' | 'known' | 'parked' | 'ignored';

export async function receive(deps: ReceiveDeps, body: Uint8Array, signature: string | undefined): Promise<Outcome> {
  const event = verify(deps, body, signature);
  const { mode, log } = deps;
  if (event.livemode !== (mode === 'live')) {
    log.error('billing.wrong_mode', { name: event.type, detail: event.id });
    throw fault('wrong_mode');
  }
  const done = (outcome: Outcome, tenantId?: string): Outcome => {
    const fields = { name: event.type, detail: event.id, reason: outcome, tenant_id: tenantId };
    if (outcome === 'parked') log.warn('billing.event', fields);
    else log.info('billing.event', fields);
    return outcome;
  };
  if (event.kind === undefined) return done('ignored');
  const { ticket, known } = await draw(deps.db, mode, event.id);
  if (known && deps.doors.uniqueEvent) return done('duplicate');
  const object = await present(deps, event, event.kind);
  if (object === undefined) return done('ignored');
  const owner = await deps.ownerOf(mode, object.customerId);
  if (owner === undefined) {
    const values = [mode, event.id, event.type, object.id, object.customerId];
    await deps.db.system('park_billing_event', values, () => null);
    return done('parked');
  }
  const outcome = await deps.db.atomic(owner, (tx) => applyObject(tx, { mode, event, object, ticket }, deps.doors));
  return done(outcome, owner.tenantId);
}

/** The library strips a byte order mark and repairs broken UTF-8 before it computes: bytes that are not plainly text are refused here. */
function verify(deps: ReceiveDeps, body: Uint8Array, signature: string | undefined): StripeEvent {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw fault('invalid_signature');
  }
  if (text.startsWith('\uFEFF')) throw fault('invalid_signature');
  const parsed = deps.doors.signature
    ? deps.stripe.verify(text, signature ?? '', Date.now())
    : (JSON.parse(text) as unknown);
  if (parsed === undefined) throw fault('invalid_signature');
  const event = readEvent(parsed);
  if (event === undefined) throw fault('invalid_request', { fields: [{ path: '', message: 'is not an event' }] });
  return event;
}

async function draw(db: Database, mode: Mode, eventId: string): Promise<{ ticket: bigint; known: boolean }> {
  const [drawn] = await db.system('draw_billing_ticket', [mode, eventId], (row: Row) => ({
    ticket: row.bigint('ticket'),
    known: row.bool('known'),
  }));
  if (drawn === undefined) throw fault('internal', { detail: 'no ticket was drawn' });
  return drawn;
}

/** The object as the provider has it now. Undefined when it has none of that id: a draft that was deleted, or an invention. */
async function present(
  deps: ReceiveDeps,
  event: StripeEvent,
  kind: NonNullable<StripeEvent['kind']>,
): Promise<StripeObject | undefined> {
  const value = deps.doors.fetchBack ? await deps.stripe.retrieve(kind, event.objectId) : event.told;
  if (value === undefined) {
    deps.log.warn('billing.object_missing', { name: event.type, detail: event.id });
    return undefined;
  }
  const object = readObject(value);
  if (object === undefined || object.id !== event.objectId || object.livemode !== (deps.mode === 'live')) {
    deps.log.error('billing.object_refused', { name: event.type, detail: event.id });
    throw fault('wrong_mode', { detail: 'the object is of another id, shape or mode than its event' });
  }
  return object;
}
