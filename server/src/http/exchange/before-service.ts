// What a node answers while it listens and does not serve yet: it lives, and it says what it waits for (S19).
import type { FastifyRequest } from 'fastify';
import { fault } from '../../errors.ts';
import type { HttpDeps } from '../deps.ts';
import { demandOwnHost } from '../guard/host.ts';
import type { Answer } from '../message/answer.ts';
import { singleHeader } from './exchange.ts';

export interface Waiting {
  readonly code: 'starting' | 'migrating';
  /** `migrating 3/9`. */
  readonly detail: string;
}

const AGAIN_SECONDS = 2;

/** Throws `migrating` or `unavailable` for everything that is not about the node's own health. */
export function answerBeforeService(request: FastifyRequest, listen: HttpDeps['listen'], waiting: Waiting): Answer {
  const host = singleHeader(request, 'host');
  if (host === undefined) throw fault('invalid_request', { fields: [{ path: 'Host', message: 'is required' }] });
  demandOwnHost(host, listen.host, listen.publicUrl);
  const { url } = request.routeOptions;
  if (request.method === 'GET' && url === '/healthz') return { status: 200, body: { status: 'ok' } };
  if (request.method === 'GET' && url === '/readyz')
    return { status: 503, body: { status: 'not_ready', codes: [waiting.code], detail: waiting.detail } };
  throw fault(waiting.code === 'migrating' ? 'migrating' : 'unavailable', { retryAfter: AGAIN_SECONDS });
}
