// Reads what a caller gives (text, URL or Request, and its init) once into a record that nothing can change afterwards (R2).
import type { Decision } from './decision.ts';
import { EgressError } from './egress-error.ts';
import type { FetchInit, Method, Place } from './policy.ts';
import { type HeaderPairs, takeHeaders } from './request-headers.ts';
import type { Rules } from './rules.ts';

const MOST_SENT = 32 * 1024 * 1024;
const OURS = ['maxBytes', 'timeoutMs', 'acceptTypes', 'key', 'mayStart', 'permit', 'onDecision'];
const STANDARD = ['method', 'headers', 'body', 'redirect', 'signal'];
/** Keys of the platform's RequestInit that change nothing here. `integrity` is not among them: it would promise a check. */
const WITHOUT_EFFECT = [
  'cache',
  'credentials',
  'duplex',
  'keepalive',
  'mode',
  'priority',
  'referrer',
  'referrerPolicy',
];
const KNOWN: ReadonlySet<string> = new Set([...OURS, ...STANDARD, ...WITHOUT_EFFECT]);

export interface Call {
  readonly url: string;
  readonly method: Method;
  readonly headers: HeaderPairs;
  readonly body: Uint8Array | undefined;
  readonly redirect: 'follow' | 'manual' | 'error';
  readonly signal: AbortSignal | undefined;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly acceptTypes: readonly string[] | undefined;
  readonly key: string;
  readonly mayStart: () => boolean;
  readonly permit: ((place: Place) => string | undefined) | undefined;
  readonly onDecision: ((decision: Decision) => void) | undefined;
  /** A redirect that leaves the origin is refused. */
  readonly sameOrigin: boolean;
}

const always = (): boolean => true;

/** Throws `EgressError` only. */
export async function takeCall(input: unknown, given: FetchInit, rules: Rules, sameOrigin = false): Promise<Call> {
  const init = { ...given };
  const request = input instanceof Request ? input : undefined;
  for (const name of Object.keys(init))
    if (!KNOWN.has(name)) throw new EgressError('option', `option ${name.slice(0, 40)} is not known`);
  const url = request?.url ?? (input instanceof URL ? input.href : input);
  if (typeof url !== 'string') throw new EgressError('url', 'neither text, a URL nor a Request');
  const method = String(init.method ?? request?.method ?? 'GET').toUpperCase();
  if (!isMethod(method, rules)) throw new EgressError('option', `method ${method.slice(0, 20)} is not allowed here`);
  const headers = takeHeaders(pairsOf(init.headers ?? request?.headers));
  const sent = await takeBody(init.body === undefined ? request?.body : init.body);
  if (sent !== undefined && (method === 'GET' || method === 'HEAD'))
    throw new EgressError('option', `a ${method} request has no body`);
  if (sent?.type !== undefined && headers['content-type'] === undefined) headers['content-type'] = sent.type;
  const signal = init.signal ?? request?.signal;
  return Object.freeze({
    url,
    method,
    headers: Object.freeze(headers),
    body: sent?.bytes,
    redirect: readRedirect(init.redirect ?? request?.redirect ?? 'follow'),
    signal,
    maxBytes: Math.min(bound('maxBytes', init.maxBytes) ?? rules.maxBytes, rules.maxBytes),
    timeoutMs: bound('timeoutMs', init.timeoutMs) ?? rules.timeoutMs,
    acceptTypes: init.acceptTypes?.map((type) => type.toLowerCase()),
    key: typeof init.key === 'string' ? init.key.slice(0, 200) : '',
    mayStart: init.mayStart ?? always,
    permit: init.permit,
    onDecision: init.onDecision,
    sameOrigin,
  });
}

function isMethod(method: string, rules: Rules): method is Method {
  return rules.methods.some((known) => known === method);
}

function readRedirect(value: string): Call['redirect'] {
  if (value === 'follow' || value === 'manual' || value === 'error') return value;
  throw new EgressError('option', 'redirect must be follow, manual or error');
}

function bound(name: string, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (value === Number.POSITIVE_INFINITY || (Number.isFinite(value) && value > 0 && value < 2 ** 31)) return value;
  throw new EgressError('option', `${name} must be a number above 0`);
}

function pairsOf(headers: FetchInit['headers'] | undefined): Iterable<readonly [string, unknown]> {
  if (headers === undefined || headers === null) return [];
  if (Symbol.iterator in headers) return headers as Iterable<readonly [string, unknown]>;
  return Object.entries(headers).filter((pair) => pair[1] !== undefined);
}

interface Sent {
  readonly bytes: Uint8Array;
  readonly type: string | undefined;
}

async function takeBody(body: FetchInit['body'] | undefined): Promise<Sent | undefined> {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return bounded(Buffer.from(body), 'text/plain;charset=UTF-8');
  // A copy: the caller may change its bytes while the request waits for its turn.
  if (body instanceof Uint8Array) return bounded(Uint8Array.from(body), undefined);
  let response: Response;
  try {
    response = new Response(body);
  } catch (error) {
    throw new EgressError('option', 'a body that cannot be read', 0, error);
  }
  const chunks: Uint8Array[] = [];
  let total = 0;
  try {
    for await (const chunk of response.body ?? []) {
      total += chunk.length;
      if (total > MOST_SENT) throw new EgressError('too-large', `a body above ${MOST_SENT} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof EgressError ? error : new EgressError('option', 'a body that cannot be read', 0, error);
  }
  return { bytes: Buffer.concat(chunks, total), type: response.headers.get('content-type') ?? undefined };
}

function bounded(bytes: Uint8Array, type: string | undefined): Sent {
  if (bytes.length > MOST_SENT) throw new EgressError('too-large', `a body above ${MOST_SENT} bytes`);
  return { bytes, type };
}
