// What callers get: a standard Response, or the outcome of a webhook.
import { EgressError } from './egress-error.ts';
import type { FetchInit } from './policy.ts';
import type { Arrival } from './walk.ts';

export interface WebhookInit extends Omit<FetchInit, 'method' | 'body' | 'redirect'> {
  /** Hands the answer's body on; whoever sees it can read what the address answers, so it is off by default. */
  readonly returnBody?: boolean;
}

export interface WebhookResult {
  readonly status: number;
  /** The status is 2xx; a redirect is not followed and not a delivery. */
  readonly delivered: boolean;
  readonly body?: Uint8Array;
}

export function toResponse(arrival: Arrival<unknown>, body: ReadableStream<Uint8Array>): Response {
  const { status, answer } = arrival;
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (Array.isArray(value)) for (const one of value) headers.append(name, one);
    else if (value !== undefined) headers.append(name, value);
  }
  if (status < 200 || status > 599) {
    void body.cancel();
    throw new EgressError('headers', `status ${status}`);
  }
  const bodyless = status === 204 || status === 205 || status === 304;
  const response = new Response(bodyless ? null : body, { status, headers });
  Object.defineProperties(response, {
    url: { value: arrival.url },
    redirected: { value: arrival.redirected },
  });
  return response;
}
