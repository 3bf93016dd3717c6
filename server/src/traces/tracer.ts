// Makes spans, keeps a bounded number of them, and sends them in batches. A collector that is away costs what it was to be told, no more.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { Log } from '../log.ts';
import { type Attributes, type FinishedSpan, type SpanKind, wireForm } from './span.ts';
import { formatTraceparent } from './traceparent.ts';

export interface TracesOptions {
  /** Sends one batch. Throws when the collector did not take it. */
  readonly send: (json: string) => Promise<void>;
  readonly log: Log;
  readonly version: string;
  /** Of the traces, by their ids: from 0 to 1. */
  readonly share: number;
  readonly everyMs?: number;
}

export interface SpanSpec {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** For a span that begins a trace of its own. */
  readonly traceId?: string;
}

export interface Traces {
  /** A span that somebody else timed. */
  record(span: FinishedSpan): void;
  /** Times `work`. Spans that begin inside are its children, and lines of the log hold its ids. */
  span<T>(spec: SpanSpec, work: (note: (more: Attributes) => void) => Promise<T>): Promise<T>;
  /** Of the span at work, for a callee who is to know it. */
  traceparent(): string | undefined;
  counts(): { readonly sent: number; readonly dropped: number };
  /** Sends what is left, and gives up after a while. */
  close(): Promise<void>;
}

interface Open {
  readonly traceId: string;
  readonly spanId: string;
}

const MOST_WAITING = 4_096;
const BATCH = 512;
const EVERY_MS = 5_000;

export function newSpanId(): string {
  return randomBytes(8).toString('hex');
}

const now = (): number => performance.timeOrigin + performance.now();

export function createTraces(options: TracesOptions): Traces {
  const around = new AsyncLocalStorage<Open>();
  const waiting: FinishedSpan[] = [];
  const counts = { sent: 0, dropped: 0 };
  let sending: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    sending = sending.then(async () => {
      for (let batch = waiting.splice(0, BATCH); batch.length > 0; batch = waiting.splice(0, BATCH))
        await sendBatch(options, batch, counts);
    });
    return sending;
  };
  const timer = setInterval(() => void flush(), options.everyMs ?? EVERY_MS).unref();
  const record = (span: FinishedSpan): void => {
    if (!isChosen(span.traceId, options.share)) return;
    if (waiting.length >= MOST_WAITING) counts.dropped++;
    else waiting.push(span);
  };
  return {
    record,
    span: (spec, work) => timed(options.log, { around, record }, spec, work),
    traceparent: () => {
      const open = around.getStore();
      return open === undefined ? undefined : formatTraceparent(open);
    },
    counts: () => ({ ...counts }),
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
}

/** The same for every node that sees the trace. */
function isChosen(traceId: string, share: number): boolean {
  return Number.parseInt(traceId.slice(-8), 16) < share * 2 ** 32;
}

async function timed<T>(
  log: Log,
  tracer: { readonly around: AsyncLocalStorage<Open>; readonly record: (span: FinishedSpan) => void },
  spec: SpanSpec,
  work: (note: (more: Attributes) => void) => Promise<T>,
): Promise<T> {
  const parent = spec.traceId === undefined ? tracer.around.getStore() : undefined;
  const open: Open = {
    traceId: spec.traceId ?? parent?.traceId ?? randomBytes(16).toString('hex'),
    spanId: newSpanId(),
  };
  const began = now();
  let attributes = spec.attributes;
  const note = (more: Attributes): void => {
    attributes = { ...attributes, ...more };
  };
  const end = (failed: boolean): void => {
    const { name, kind } = spec;
    tracer.record({ ...open, parentId: parent?.spanId, name, kind, began, ended: now(), failed, attributes });
  };
  const ids = { trace_id: open.traceId, span_id: open.spanId };
  try {
    const result = await log.within(ids, () => tracer.around.run(open, () => work(note)));
    end(attributes['error.type'] !== undefined);
    return result;
  } catch (error) {
    note({ 'error.type': error instanceof Error ? error.name : 'thrown' });
    end(true);
    throw error;
  }
}

async function sendBatch(
  { send, log, version }: TracesOptions,
  batch: readonly FinishedSpan[],
  counts: { sent: number; dropped: number },
): Promise<void> {
  try {
    const spans = batch.map((span) => wireForm(span, log.clean));
    const named = (key: string, value: string): object => ({ key, value: { stringValue: value } });
    const resource = { attributes: [named('service.name', 'sallyport'), named('service.version', version)] };
    const scopeSpans = [{ scope: { name: 'sallyport', version }, spans }];
    await send(JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }));
    counts.sent += batch.length;
  } catch (error) {
    counts.dropped += batch.length;
    log.error('traces.not_sent', { count: batch.length }, error);
  }
}
