// Owns the spans of a node: what took how long on behalf of which request or run, and their way to a collector (OTLP over HTTP, JSON).
// Promises a closed list of attributes, masked like a line of the log; and that no request waits for, or fails with, the collector.
// Must never hold a header, a body, a prompt or an answer, nor reach a collector but by the guarded fetch that it was given.

export type { Attributes, FinishedSpan, SpanKind } from './span.ts';
export { formatTraceparent, parseTraceparent, traceIdOf } from './traceparent.ts';
export { createTraces, newSpanId, type Traces, type TracesOptions } from './tracer.ts';
