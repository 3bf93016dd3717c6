// One request and its answer: the way in (credential, permission, ids) and the way out (headers, bytes, one log line).
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Fault } from '../../errors.ts';
import { fault } from '../../errors.ts';
import { isUuid } from '../../ids.ts';
import type { LogFields } from '../../log.ts';
import { inRequest } from '../../principal.ts';
import { addressGroup } from '../guard/address.ts';
import { sessionCookie } from '../guard/cookies.ts';
import { demandOwnHost } from '../guard/host.ts';
import { demandOwnPage, pageHeaders } from '../guard/own-page.ts';
import { RateLimited, refusalReason } from '../guard/rate-guard.ts';
import type { Answer } from '../message/answer.ts';
import { RELEASE_HEADER } from '../message/contract-release.ts';
import { asFault, problemHeaders, problemOf } from '../message/problem.ts';
import { PARAM_FORMS } from '../param-forms.ts';
import type { RawCall, Route, Services } from '../route.ts';
import { authenticate, authorize, type Caller, type Credentials, credentialOf, refuseKeyInUrl } from './credentials.ts';
import { recordSpan, type TracePlace, tracePlace } from './request-span.ts';
import { callerKind, securityOf } from './security-code.ts';

/** What the end of a request is told to. */
export interface Seen {
  readonly log: Services['log'];
  /** Undefined while the node does not serve yet. */
  readonly keyUse: Services['keyUse'] | undefined;
  readonly metrics?: Services['metrics'];
  readonly traces?: Services['traces'];
  readonly listen: Services['listen'];
}

/** What is known of a request while it is worked on. */
export interface Exchange {
  route?: Route;
  caller?: Caller;
  failure?: Fault;
  readonly began: number;
  /** On every line that is written for this request: who it is from is known later than what it is. */
  readonly ids: RequestIds;
  readonly place: TracePlace;
}

interface RequestIds extends Pick<LogFields, 'request_id' | 'trace_id' | 'span_id'> {
  tenant_id?: string;
  user_id?: string;
  key_id?: string | undefined;
}

export function newExchange(request: FastifyRequest): Exchange {
  const place = tracePlace(request);
  const { trace_id, span_id } = place;
  return { began: performance.now(), ids: { request_id: request.id, trace_id, span_id }, place };
}

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;
/** No answer could be sent; the number is a convention of proxies' logs. */
const CALLER_GONE = 499;
/** Methods that change nothing; a cookie needs no proof of its page for them. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Headers of every answer, also of those that the framework refuses before any hook; and the line at its end. */
export function begin(seen: Seen, request: FastifyRequest, reply: FastifyReply): Exchange {
  const exchange = newExchange(request);
  reply.headers({ ...SECURITY_HEADERS, 'x-request-id': request.id });
  // Not the framework's hook: that one is silent about a caller who goes away.
  reply.raw.once('close', () => finish(seen, request, reply, exchange));
  return exchange;
}

function valuesOf(request: FastifyRequest, name: string): string[] {
  const { rawHeaders } = request.raw;
  const values: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  return values;
}

/** The one value of a header. Node keeps the first or joins them; a sender that says two things is refused instead. */
export function singleHeader(request: FastifyRequest, name: string): string | undefined {
  const [value, second] = valuesOf(request, name);
  if (second === undefined) return value;
  throw fault('invalid_request', { fields: [{ path: name, message: 'is sent twice' }] });
}

/** Everything that is decided before a byte of the body is read. */
export async function admit(
  services: Services,
  request: FastifyRequest,
  exchange: Exchange,
  route: Route | undefined,
  /** Told the headers of the limits that the call was counted under. */
  setLimits: (headers: Readonly<Record<string, string>>) => void,
): Promise<void> {
  const { listen } = services;
  const host = singleHeader(request, 'host');
  if (host === undefined) throw fault('invalid_request', { fields: [{ path: 'Host', message: 'is required' }] });
  demandOwnHost(host, listen.host, listen.publicUrl);
  const address = addressGroup(request.ip);
  await refuseKeyInUrl(services, request.raw.url ?? '', address);
  singleHeader(request, 'content-type');
  const authorization = valuesOf(request, 'authorization');
  if (authorization.length > 1) throw fault('conflicting_credentials');
  if (route === undefined) return;
  exchange.route = route;
  if (route.access === 'public') {
    // A sign-in tries a credential; pages and health do not.
    if (!READS.has(request.method)) await services.guard.enterNameless(address);
    return;
  }
  const sent: Credentials = {
    authorization: authorization[0],
    cookie: sessionCookie(listen.publicUrl).read(singleHeader(request, 'cookie')),
    tenant: singleHeader(request, 'sallyport-tenant'),
    address,
  };
  const { cookie } = sent;
  const caller = await authenticate(services, sent);
  const { principal } = caller;
  const counted = { address, credential: credentialOf(sent) ?? '', reads: READS.has(request.method) };
  setLimits(await services.guard.enter(principal, counted));
  if (principal.kind !== 'operator') {
    const { tenantId, userId, keyId } = principal;
    Object.assign(exchange.ids, { tenant_id: tenantId, user_id: userId, key_id: keyId });
  }
  exchange.caller = principal.kind === 'operator' ? caller : { ...caller, principal: inRequest(principal, request.id) };
  if (cookie !== undefined && !READS.has(request.method))
    demandOwnPage(
      pageHeaders((name) => singleHeader(request, name)),
      listen.publicUrl,
    );
  authorize(route.access, caller.principal);
  demandIds(route, request.params as Record<string, string>);
}

/** A malformed id is a missing thing, like every id that is not the caller's. */
function demandIds(route: Route, params: Readonly<Record<string, string>>): void {
  for (const name of route.params) {
    const value = params[name] ?? '';
    if (!(PARAM_FORMS[name]?.test(value) ?? isUuid(value))) throw fault('not_found');
  }
}

export function callOf(services: Services, request: FastifyRequest, reply: FastifyReply, exchange: Exchange): RawCall {
  const gone = new AbortController();
  if (reply.raw.destroyed) gone.abort();
  else reply.raw.once('close', () => gone.abort());
  const { url = '' } = request.raw;
  return {
    services,
    principal: exchange.caller?.principal,
    params: request.params as Record<string, string>,
    body: request.body,
    address: addressGroup(request.ip),
    search: url.includes('?') ? url.slice(url.indexOf('?') + 1) : '',
    header: (name) => singleHeader(request, name),
    // Breaking off must not destroy the connection: the caller is to read why.
    content: { [Symbol.asyncIterator]: () => request.raw.iterator({ destroyOnReturn: false }) },
    gone: gone.signal,
    stillAllowed: () => exchange.caller?.stillAllowed() ?? Promise.resolve(false),
  };
}

export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  reply.code(answer.status).headers({ ...answer.headers });
  if (answer.stream !== undefined) return reply.send(Readable.from(answer.stream, { objectMode: false }));
  if (answer.bytes !== undefined) return reply.send(answer.bytes);
  const json = answer.json ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body));
  if (json === undefined) return reply.send();
  return reply.header('content-type', 'application/json; charset=utf-8').send(json);
}

export function sendFailure(reply: FastifyReply, exchange: Exchange, error: unknown): FastifyReply {
  const failure = asFault(error);
  exchange.failure = failure;
  for (const name of ['content-disposition', 'content-length', 'location'])
    if (reply.hasHeader(name)) reply.removeHeader(name);
  // What is left of a body that was refused is not worth reading.
  if (!reply.request.raw.complete) reply.header('connection', 'close');
  return reply
    .code(failure.status)
    .headers({ ...problemHeaders(failure), ...(failure instanceof RateLimited ? failure.headers : {}) })
    .send(JSON.stringify(problemOf(failure)));
}

/** The one line of a request: no path, no query, no header (LG1, LG2). */
function finish(seen: Seen, request: FastifyRequest, reply: FastifyReply, exchange: Exchange): void {
  const { caller, failure, route } = exchange;
  const { headersSent, statusCode, writableFinished } = reply.raw;
  const status = headersSent ? statusCode : CALLER_GONE;
  const user = caller === undefined || caller.principal.kind === 'operator' ? undefined : caller.principal;
  const milliseconds = performance.now() - exchange.began;
  seen.metrics?.request(request.method, route?.path ?? '-', status, milliseconds / 1_000);
  const fields: LogFields = {
    tenant_id: user?.tenantId ?? '-',
    user_id: user?.userId,
    key_id: user?.keyId,
    request_id: request.id,
    trace_id: exchange.place.trace_id,
    span_id: exchange.place.span_id,
    method: request.method,
    route: route?.path ?? '-',
    status,
    duration_ms: Math.round(milliseconds * 10) / 10,
    security: securityOf(exchange),
    by: callerKind(request, exchange, sessionCookie(seen.listen.publicUrl).name),
    code: failure?.code,
    // Of its own, since lines that repeat are sampled by it: many bad keys must not hide one token under an unknown key.
    reason: writableFinished ? refusalReason(failure) : 'caller_gone',
    detail: failure?.options.detail,
    // By it, and by the tenant, is counted who still reads a release that was deprecated.
    contracts: reply.getHeader(RELEASE_HEADER)?.toString(),
  };
  recordSpan(seen.traces, exchange.place, fields, milliseconds);
  if (failure !== undefined && failure.status >= 500) seen.log.error('request', fields, failure);
  else seen.log.info('request', fields);
  if (user !== undefined && status < 400) seen.keyUse?.note(user, addressGroup(request.ip));
}
