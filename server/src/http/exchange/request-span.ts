// Where a request stands among the traces: its own, unless a proxy that the operator trusts brings it as a part of another.
import type { FastifyRequest } from 'fastify';
import type { LogFields } from '../../log.ts';
import { newSpanId, parseTraceparent, type Traces, traceIdOf } from '../../traces/traces.ts';

export interface TracePlace {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent: string | undefined;
}

/** More than one address: the connection is of a trusted proxy, and somebody is behind it. A caller of ours cannot choose its trace. */
function byTrustedProxy(request: FastifyRequest): boolean {
  return (request.ips?.length ?? 0) > 1;
}

export function tracePlace(request: FastifyRequest): TracePlace {
  const { traceparent } = request.headers;
  const sent = byTrustedProxy(request) && typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
  return { trace_id: sent?.traceId ?? traceIdOf(request.id), span_id: newSpanId(), parent: sent?.spanId };
}

/** The span says what the line says, and nothing else. */
export function recordSpan(traces: Traces | undefined, place: TracePlace, line: LogFields, milliseconds: number): void {
  if (traces === undefined) return;
  const { method = '', route = '-', status = 0 } = line;
  const ended = performance.timeOrigin + performance.now();
  traces.record({
    traceId: place.trace_id,
    spanId: place.span_id,
    parentId: place.parent,
    name: `${method} ${route}`,
    kind: 'server',
    began: ended - milliseconds,
    ended,
    failed: status >= 500,
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'error.type': line.code,
      'sallyport.tenant_id': line.tenant_id === '-' ? undefined : line.tenant_id,
      'sallyport.user_id': line.user_id,
      'sallyport.key_id': line.key_id,
      'sallyport.request_id': line.request_id,
    },
  });
}
