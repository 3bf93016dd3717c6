// One fetch from the first hop to the last: every redirect is a full new decision, and bodies are read with bounds.
import type { Readable } from 'node:stream';
import type { Agent } from 'undici';
import { readBody } from './body.ts';
import { EgressError } from './egress-error.ts';
import type { Target } from './intake.ts';
import type { EgressPolicy, EgressResponse, FetchInit } from './policy.ts';
import { acrossOrigins, takeHeaders } from './request-headers.ts';

export type Admitted = Target & { readonly addresses: readonly string[] };
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface EgressPool {
  readonly agent: Agent;
  /** The questions of the requests that wait for this pool: a socket opens only while one of them still may start. */
  readonly waiting: Set<() => boolean>;
}

export interface Way {
  admit(url: string | URL, hop: number): Promise<Admitted>;
  poolFor(target: Admitted): EgressPool;
}

/** Walks the redirects by hand: each hop is a full new decision. */
export async function walk(
  start: string | URL,
  init: FetchInit,
  policy: EgressPolicy,
  way: Way,
): Promise<EgressResponse> {
  const deadline = AbortSignal.timeout(init.timeoutMs ?? policy.timeoutMs ?? 30_000);
  const signal = init.signal === undefined ? deadline : AbortSignal.any([deadline, init.signal]);
  const maxBytes = Math.min(init.maxBytes ?? Number.POSITIVE_INFINITY, policy.maxBytes ?? 10 * 1024 * 1024);
  const seen = new Set<string>();
  let headers = takeHeaders(init.headers ?? {});
  let { method = 'GET', body } = init;
  let next: string | URL = start;
  for (let hop = 0; ; hop++) {
    const target = await way.admit(next, hop);
    if (seen.has(target.url.href) || hop > (policy.maxRedirects ?? 5))
      throw new EgressError('redirects', 'too many redirects or a loop', hop);
    seen.add(target.url.href);
    const mayStart = init.mayStart ?? always;
    if (!mayStart()) throw new EgressError('not-started', 'the caller may not begin a call any more', hop);
    const request = { method, headers, mayStart, ...(body === undefined ? {} : { body }) };
    const answer = await send(target, request, signal, way, hop);
    const location = REDIRECTS.has(answer.status) ? answer.headers.location : undefined;
    if (location === undefined) return finish(target, answer, init, maxBytes, signal);
    answer.body.destroy();
    if (/[\\\u0000-\u001f]/.test(location))
      throw new EgressError('url', 'a redirect to something that is not a URL', hop + 1);
    const onward: URL | null = URL.parse(location, target.url.href);
    if (onward === null) throw new EgressError('url', 'a redirect to something that is not a URL', hop + 1);
    if (target.url.protocol === 'https:' && onward.protocol === 'http:')
      throw new EgressError('scheme', 'a redirect from https to http', hop + 1);
    if (answer.status === 303 || (method === 'POST' && (answer.status === 301 || answer.status === 302))) {
      if (method !== 'HEAD') method = 'GET';
      body = undefined;
    }
    if (onward.origin !== target.url.origin) {
      if (body !== undefined) throw new EgressError('redirect-body', 'a redirect of a body to another origin', hop + 1);
      headers = acrossOrigins(headers);
    }
    next = onward;
  }
}

const always = (): boolean => true;

interface Outgoing {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Record<string, string>;
  readonly mayStart: () => boolean;
  readonly body?: string | Uint8Array;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

async function send(
  target: Admitted,
  request: Outgoing,
  signal: AbortSignal,
  way: Way,
  hop: number,
): Promise<RawAnswer> {
  const pool = way.poolFor(target);
  const question = (): boolean => request.mayStart();
  pool.waiting.add(question);
  try {
    const answer = await pool.agent.request({
      origin: target.url.origin,
      path: `${target.url.pathname}${target.url.search}`,
      method: request.method,
      headers: { 'user-agent': 'sallyport', accept: '*/*', 'accept-encoding': 'gzip, br, deflate', ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    // A body that is dropped half-way reports its abort here; nobody else listens.
    answer.body.on('error', () => undefined);
    return { status: answer.statusCode, headers, body: answer.body };
  } catch (error) {
    if (error instanceof EgressError) throw error;
    if (error instanceof Error && error.cause instanceof EgressError) throw error.cause;
    if (signal.aborted) throw new EgressError('timeout', 'the deadline passed', hop, error);
    const fault = error instanceof Error ? error : undefined;
    const code = fault !== undefined && 'code' in fault ? fault.code : undefined;
    if (code === 'UND_ERR_HEADERS_TIMEOUT') throw new EgressError('timeout', 'no headers in time', hop, error);
    throw new EgressError('connect', fault?.message ?? 'no connection', hop, error);
  } finally {
    pool.waiting.delete(question);
  }
}

async function finish(
  target: Admitted,
  answer: RawAnswer,
  init: FetchInit,
  maxBytes: number,
  signal: AbortSignal,
): Promise<EgressResponse> {
  const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (init.acceptTypes !== undefined && !init.acceptTypes.includes(type)) {
    answer.body.destroy();
    throw new EgressError('content-type', `content type ${type.slice(0, 60)}`);
  }
  const body = await readBody(answer.body, answer.headers['content-encoding'], maxBytes, signal);
  return { status: answer.status, headers: answer.headers, body, url: target.url.href };
}
