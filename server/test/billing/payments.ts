// API nodes with billing on, and a local server that speaks the provider's wire format: what the library asks is answered over real sockets.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createEgressGuard } from '@sallyport/egress';
import { Stripe } from 'stripe';
import { type Billing, type BillingDoors, createBilling, openStripe } from '../../src/billing/billing.ts';
import { ownerOfCustomer } from '../../src/identity/identity.ts';
import { type Answer, type Api, startApi } from '../http/api.ts';
import { type Site, serveSite } from '../workbench.ts';

export const API_KEY = 'rk_test_4f9c2a7be1d05836';
export const SECRET = 'whsec_9d1c7ab35e02f846';
export const NEXT_SECRET = 'whsec_0b8e6f14c9a7d253';
/** What the provider knows of a person; none of it may be kept. No id or time that is kept holds such a text by chance. */
export const PERSONAL = ['ada@example.com', 'Ada Lovelace', 'ends in 4242', 'pay.example/i/secret', 'pi_1_secret_zz'];

export interface Delivery {
  readonly body?: string | Uint8Array;
  readonly signature?: string;
  readonly secret?: string;
  readonly at?: number;
  readonly node?: number;
  readonly type?: string;
}

export interface Payments {
  readonly api: Api;
  /** The provider's objects by id. */
  readonly objects: Map<string, Record<string, unknown>>;
  /** What was asked of the provider: method, path and version. */
  readonly asked: string[];
  /** While set, answers wait for it to be called. */
  readonly held: { hold: boolean; waiting: (() => void)[] };
  deliver(event: object, how?: Delivery): Promise<Answer>;
  /** Everything that the database holds, as text. */
  dump(): Promise<string>;
  paid(): Promise<number>;
  close(): Promise<void>;
}

const stripe = new Stripe('sk_test_unused');

export function sign(body: string, secret = SECRET, at = Date.now()): string {
  return stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: Math.floor(at / 1_000) });
}

export const subscription = (
  id: string,
  status: string,
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  id,
  object: 'subscription',
  livemode: false,
  customer: 'cus_A',
  status,
  items: {
    data: [{ price: { id: 'price_1' }, current_period_start: 1_700_000_000, current_period_end: 4_000_000_000 }],
  },
  description: PERSONAL[1],
  ...more,
});

export const invoice = (id: string, status: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  object: 'invoice',
  livemode: false,
  customer: 'cus_A',
  customer_email: PERSONAL[0],
  customer_name: PERSONAL[1],
  last4: PERSONAL[2],
  hosted_invoice_url: PERSONAL[3],
  client_secret: PERSONAL[4],
  status,
  amount_paid: status === 'paid' ? 1_900 : 0,
  currency: 'usd',
  period_start: 1_700_000_000,
  period_end: 1_702_000_000,
  ...more,
});

export const eventOf = (id: string, type: string, object: object, more: Record<string, unknown> = {}): object => ({
  id,
  object: 'event',
  api_version: '2026-10-28.endive',
  created: 1_700_000_000,
  livemode: false,
  type,
  data: { object },
  ...more,
});

export async function startPayments(
  options: {
    readonly doors?: BillingDoors;
    readonly nodes?: number;
    readonly mode?: 'test' | 'live';
    readonly wrap?: (billing: Billing) => Billing;
  } = {},
): Promise<Payments> {
  const objects: Payments['objects'] = new Map();
  const asked: string[] = [];
  const held: Payments['held'] = { hold: false, waiting: [] };
  const site = await serveSite((request, response) => {
    asked.push(`${request.method} ${request.url} ${String(request.headers['stripe-version'])}`);
    if (request.headers.authorization !== `Bearer ${API_KEY}`)
      return reply(response, 401, { error: { message: 'no' } });
    const found = objects.get(request.url?.split('/').at(-1) ?? '');
    if (found?.down === true) return reply(response, 500, { error: { type: 'api_error', message: 'down' } });
    // The state is that of the moment of the question, however late the answer is.
    const body = structuredClone(found);
    const answer = (): void =>
      body === undefined
        ? reply(response, 404, { error: { type: 'invalid_request_error', code: 'resource_missing', message: 'none' } })
        : reply(response, 200, body);
    if (held.hold) held.waiting.push(answer);
    else answer();
  });
  const guard = createEgressGuard({ allowAddresses: [`127.0.0.1/32:${site.port}`], maxRedirects: 0 });
  const gate = await openStripe({
    apiKey: API_KEY,
    webhookSecrets: [SECRET, NEXT_SECRET],
    egress: guard,
    apiBase: new URL(site.url),
  });
  const api = await startApi({
    nodes: options.nodes ?? 1,
    billing: async ({ db, log }) => {
      const billing = createBilling({
        db,
        log,
        mode: options.mode ?? 'test',
        stripe: gate,
        ownerOf: (mode, customer) => ownerOfCustomer(db, mode, customer),
        ...(options.doors === undefined ? {} : { doors: options.doors }),
      });
      return options.wrap?.(billing) ?? billing;
    },
  });
  await link(api, api.tenantA.tenant_id, 'cus_A');
  return { api, objects, asked, held, ...talk(api), close: () => end(api, guard, site) };
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export function link(api: Api, tenant_id: string, customer_id: string): Promise<Answer> {
  return api.ask('/v1/billing/customers', { key: api.operatorKey, json: { tenant_id, customer_id } });
}

function talk(api: Api): Pick<Payments, 'deliver' | 'dump' | 'paid'> {
  return {
    deliver: (event, how = {}) => {
      const body = how.body ?? JSON.stringify(event);
      const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
      const signature = how.signature ?? sign(text, how.secret, how.at);
      const headers = { 'content-type': how.type ?? 'application/json; charset=utf-8', 'stripe-signature': signature };
      return api.ask('/v1/stripe/webhook', { method: 'POST', headers, body }, how.node);
    },
    dump: async () => {
      const tables = await api.database.admin(
        "select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('app', 'sys') and c.relkind = 'r'",
      );
      const parts = await Promise.all(
        tables.rows.map(async ({ name }) => JSON.stringify((await api.database.admin(`select * from ${name}`)).rows)),
      );
      return parts.join('\n');
    },
    paid: async () => {
      const { rows } = await api.database.admin(
        'select coalesce(sum(paid_minor), 0)::int as paid from app.billing_balances',
      );
      return Number(rows[0]?.paid);
    },
  };
}

async function end(api: Api, guard: ReturnType<typeof createEgressGuard>, site: Site): Promise<void> {
  await api.close();
  await guard.close();
  await site.close();
}

/** Waits until so many answers of the provider are held back. */
export async function heldBack(payments: Payments, count: number): Promise<void> {
  while (payments.held.waiting.length < count) await once(setTimeoutEvent(), 'tick');
}

function setTimeoutEvent(): EventTarget {
  const target = new EventTarget();
  setTimeout(() => target.dispatchEvent(new Event('tick')), 5);
  return target;
}
