// Follows a run over server-sent events (HTML Living Standard §9.2): resumes after a break, fills gaps, repeats nothing.
import type { EventEnvelope } from '@sallyport/contracts';
import { createParser } from 'eventsource-parser';
import { pause } from './pause.ts';
import { SallyportError } from './sallyport-error.ts';
import { isPassing, pauseMs, segment, streamOf, type Transport } from './transport.ts';

export interface FollowOptions {
  /** `seq` of the last event already seen; from the start unless told. */
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told each time the stream broke and is about to be opened again. */
  readonly onReconnect?: ((error: SallyportError | undefined) => void) | undefined;
}

export interface FollowLimits {
  /** Breaks in a row, without an event between, after which it gives up. */
  readonly mostBreaks: number;
  /** The server sends a comment every 15 s; a stream silent for longer than this is dead. */
  readonly silenceMs: number;
}

export const FOLLOW_LIMITS: FollowLimits = { mostBreaks: 20, silenceMs: 45_000 };

const MOST_EVENT = 8 * 1024 * 1024;
/** A connection that stood this long was no failure, even without an event. */
const STOOD_MS = 10_000;
const TERMINAL = new Set(['run.succeeded', 'run.failed', 'run.cancelled']);

type Message = { readonly kind: 'event'; readonly event: EventEnvelope } | { readonly kind: 'end' };

/** Every event after `after`, once each and in order, until the server says that the run has ended. */
export async function* followRun(
  transport: Transport,
  runId: string,
  options: FollowOptions,
  limits: FollowLimits,
  fetchPage: (after: number) => Promise<readonly EventEnvelope[]>,
): AsyncGenerator<EventEnvelope> {
  const { signal } = options;
  let seen = options.after ?? -1;
  let terminal = false;
  let breaks = 0;
  for (;;) {
    const opened = performance.now();
    let broken: SallyportError | undefined;
    try {
      for await (const message of connect(transport, runId, seen, limits, signal)) {
        if (message.kind === 'end') return;
        if (message.event.seq <= seen) continue;
        for await (const event of withoutGap(message.event, seen, fetchPage)) {
          yield event;
          seen = event.seq;
          breaks = 0;
          terminal ||= TERMINAL.has(event.type);
        }
      }
    } catch (error) {
      signal?.throwIfAborted();
      broken = asBreak(error);
    }
    signal?.throwIfAborted();
    // The last event came and only the goodbye was lost.
    if (terminal) return;
    breaks = performance.now() - opened > STOOD_MS ? 1 : breaks + 1;
    if (breaks > limits.mostBreaks)
      throw broken ?? new SallyportError('unreachable', 'The event stream breaks again and again.');
    options.onReconnect?.(broken);
    await pause(pauseMs(breaks, broken?.retryAfter), signal);
  }
}

/** What may pass is a break; what the server decided, a missing run say, is final. */
function asBreak(error: unknown): SallyportError {
  if (!(error instanceof SallyportError))
    return new SallyportError('unreachable', 'The event stream broke.', { cause: error });
  if (isPassing(error) || error.status === 429 || error.status >= 500) return error;
  throw error;
}

/** `seq` is dense: a jump means that something was lost between, and it is fetched before the event is given out. */
async function* withoutGap(
  event: EventEnvelope,
  seen: number,
  fetchPage: (after: number) => Promise<readonly EventEnvelope[]>,
): AsyncGenerator<EventEnvelope> {
  let last = seen;
  while (last + 1 < event.seq) {
    const before = last;
    for (const missed of await fetchPage(last)) {
      if (missed.seq !== last + 1) throw gap(last + 1);
      if (missed.seq >= event.seq) break;
      yield missed;
      last = missed.seq;
    }
    if (last === before) throw gap(last + 1);
  }
  yield event;
}

function gap(seq: number): SallyportError {
  return new SallyportError('stream_gap', `Event ${seq} is missing from the stream and from the log.`);
}

async function* connect(
  transport: Transport,
  runId: string,
  seen: number,
  limits: FollowLimits,
  signal: AbortSignal | undefined,
): AsyncGenerator<Message> {
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (seen >= 0) headers['last-event-id'] = String(seen);
  const silent = new AbortController();
  const either = signal === undefined ? silent.signal : AbortSignal.any([signal, silent.signal]);
  let watch = setTimeout(() => silent.abort(), limits.silenceMs);
  try {
    const response = await transport.open(`v1/runs/${segment(runId)}/events`, {
      headers,
      signal: either,
      repeatable: false,
    });
    if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream'))
      throw new SallyportError('bad_answer', 'The answer is not an event stream; is this a Sallyport server?');
    const messages: Message[] = [];
    const parser = createMessageParser(messages);
    const decoder = new TextDecoder();
    for await (const chunk of streamOf(response)) {
      clearTimeout(watch);
      parser(decoder.decode(chunk, { stream: true }));
      for (const message of messages.splice(0)) yield message;
      watch = setTimeout(() => silent.abort(), limits.silenceMs);
    }
  } catch (error) {
    if (silent.signal.aborted) throw new SallyportError('timeout', 'The event stream fell silent.', { cause: error });
    throw error;
  } finally {
    clearTimeout(watch);
  }
}

/** Feeds text and pushes what it holds. Control messages that this release does not know are passed over. */
function createMessageParser(out: Message[]): (text: string) => void {
  let oversized = false;
  const parser = createParser({
    maxBufferSize: MOST_EVENT,
    onError: (error) => {
      oversized ||= error.type === 'max-buffer-size-exceeded';
    },
    onEvent: (message) => {
      if (message.event === 'end') out.push({ kind: 'end' });
      else if (message.id !== undefined) out.push({ kind: 'event', event: readEnvelope(message.data) });
    },
  });
  return (text) => {
    parser.feed(text);
    if (oversized) throw new SallyportError('too_large', `An event is larger than ${MOST_EVENT} characters.`);
  };
}

function readEnvelope(text: string): EventEnvelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SallyportError('bad_answer', 'An event of the stream is not JSON.', { cause });
  }
  const { seq, type } = (value ?? {}) as { seq?: unknown; type?: unknown };
  if (!Number.isSafeInteger(seq) || typeof type !== 'string')
    throw new SallyportError('bad_answer', 'An event of the stream has no seq or type.');
  return value as EventEnvelope;
}
