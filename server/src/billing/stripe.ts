// The payment provider, by its official library: the signature of an event, and an object fetched back by its id. Sole importer of it.
// The library is loaded when billing is on and not before; every byte it sends goes through the guard that it is given.
import type { EgressGuard } from '@sallyport/egress';
import { fault } from '../errors.ts';
import type { ObjectKind } from './stripe-objects.ts';

export interface StripeOptions {
  /** A restricted key: it may read subscriptions and invoices, and nothing else is asked of it. */
  readonly apiKey: string;
  /** Signing secrets of the endpoint; two while one is rolled. */
  readonly webhookSecrets: readonly string[];
  readonly egress: EgressGuard;
  /** Where the API is, when it is not where the library looks for it. */
  readonly apiBase?: URL;
}

export interface StripeGate {
  /** The event that these very bytes hold, when one of the secrets signed them at a time not far from `now` (Unix ms). Undefined otherwise. */
  verify(body: string, header: string, now: number): unknown;
  /** The object as it is now; undefined when there is none. Throws `unavailable` when the provider does not say. */
  retrieve(kind: ObjectKind, id: string): Promise<unknown>;
}

const TOLERANCE_SECONDS = 300;
const CALL_MS = 10_000;
const MOST_ANSWER_BYTES = 1024 * 1024;
const MOST_HEADER = 2_000;

export async function openStripe(options: StripeOptions): Promise<StripeGate> {
  const { Stripe } = await import('stripe');
  const base = options.apiBase;
  const stripe = new Stripe(options.apiKey, {
    httpClient: Stripe.createFetchHttpClient(throughEgress(options.egress)),
    timeout: CALL_MS,
    maxNetworkRetries: 1,
    telemetry: false,
    ...(base === undefined
      ? {}
      : { host: base.hostname, port: base.port, protocol: base.protocol === 'http:' ? 'http' : 'https' }),
  });
  return {
    verify: (body, header, now) => {
      if (!isPlainHeader(header, now)) return undefined;
      for (const secret of options.webhookSecrets) {
        try {
          return stripe.webhooks.constructEvent(body, header, secret, TOLERANCE_SECONDS, undefined, now);
        } catch {
          // The next secret may be the one: its words quote the header and the body, and go nowhere.
        }
      }
      return undefined;
    },
    retrieve: async (kind, id) => {
      try {
        return kind === 'subscription' ? await stripe.subscriptions.retrieve(id) : await stripe.invoices.retrieve(id);
      } catch (error) {
        const { statusCode } = error as { readonly statusCode?: number };
        if (statusCode === 404) return undefined;
        throw fault('unavailable', {
          detail: `the payment provider answered ${statusCode ?? 'nothing'}`,
          retryAfter: 60,
        });
      }
    },
  };
}

/** The library takes the last of several times and any time to come; a header that says more than one thing is no header (ST2). */
function isPlainHeader(header: string, now: number): boolean {
  if (header.length > MOST_HEADER) return false;
  const times = header.split(',').filter((item) => item.trimStart().startsWith('t='));
  const [, seconds] = /^t=(\d{1,12})$/.exec(times[0] ?? '') ?? [];
  return times.length === 1 && seconds !== undefined && Number(seconds) - now / 1_000 <= TOLERANCE_SECONDS;
}

/** The library's fetch, by way of the guard: bounded, and no redirect takes the key elsewhere. */
function throughEgress(egress: EgressGuard): typeof fetch {
  return async (input, init) => {
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    const body = init?.body;
    const answer = await egress.read(url, {
      method: init?.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init?.headers).entries()),
      maxBytes: MOST_ANSWER_BYTES,
      timeoutMs: CALL_MS,
      ...(typeof body === 'string' && body !== '' ? { body } : {}),
      ...(init?.signal === undefined || init.signal === null ? {} : { signal: init.signal }),
    });
    const { 'content-encoding': _decoded, 'content-length': _length, ...kept } = answer.headers;
    return new Response(Buffer.from(answer.body), { status: answer.status, headers: kept });
  };
}
