// Follows a run over server-sent events (HTML Living Standard §9.2): resumes after a break, fills gaps, repeats nothing.
import type { EventEnvelope, StreamGap } from '@sallyport/contracts';
import { asBreak, openMessages, readEnvelope, readGap } from './messages.ts';
import { pause } from './pause.ts';
import { SallyportError } from './sallyport-error.ts';
import { pauseMs, segment, type Transport } from './transport.ts';

export interface FollowOptions {
  /** `seq` of the last event already seen; from the start unless told. */
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told each time the stream broke and is about to be opened again. */
  readonly onReconnect?: ((error: SallyportError | undefined) => void) | undefined;
  /**
   * Told when the log of the server ends before what was seen: it was restored from a backup. What follows bears numbers that were given
   * out before.
   */
  readonly onGap?: ((gap: StreamGap) => void) | undefined;
}

export interface FollowLimits {
  /** Breaks in a row, without an event between, after which it gives up. */
  readonly mostBreaks: number;
  /** The server sends a comment every 15 s; a stream silent for longer than this is dead. */
  readonly silenceMs: number;
}

export const FOLLOW_LIMITS: FollowLimits = { mostBreaks: 20, silenceMs: 45_000 };

/** A connection that stood this long was no failure, even without an event. */
const STOOD_MS = 10_000;
const TERMINAL = new Set(['run.succeeded', 'run.failed', 'run.cancelled']);

type Followed =
  | { readonly kind: 'event'; readonly event: EventEnvelope }
  | { readonly kind: 'gap'; readonly gap: StreamGap }
  | { readonly kind: 'end' };

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
        if (message.kind === 'gap') {
          seen = Math.min(seen, message.gap.first_seq - 1);
          options.onGap?.(message.gap);
          continue;
        }
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
): AsyncGenerator<Followed> {
  const path = `v1/runs/${segment(runId)}/events`;
  const lastEventId = seen >= 0 ? String(seen) : undefined;
  const messages = openMessages(transport, { path, lastEventId, signal, silenceMs: limits.silenceMs });
  for await (const { event, id, data } of messages) {
    if (event === 'end') yield { kind: 'end' };
    else if (event === 'stream.gap' && id === undefined) yield { kind: 'gap', gap: readGap(data) };
    // Control messages that this release does not know are passed over.
    else if (id !== undefined) yield { kind: 'event', event: readEnvelope(data) };
  }
}
