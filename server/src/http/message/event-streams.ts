// Server-sent events (WHATWG HTML, 9.2): the id of an event is made from what is stored, so that `Last-Event-ID` resumes without loss
// or repeat from any node. Control messages carry no id: they are not stored and move no cursor.
import { fault } from '../../errors.ts';
import type { TenantId } from '../../ids.ts';
import type { Answer } from './answer.ts';

const MOST_STREAMS = 64;
const HEARTBEAT_MS = 15_000;
/** A revoked key loses its stream within a second. */
const RECHECK_MS = 800;

export interface StreamMessage {
  /** The resume point after this message; a message without one moves none. */
  readonly id?: string;
  readonly event: string;
  readonly data: unknown;
}

export interface StreamRequest {
  readonly tenantId: TenantId;
  /** Aborts when the connection is gone. */
  readonly gone: AbortSignal;
  stillAllowed(): Promise<boolean>;
  follow(signal: AbortSignal): AsyncIterable<StreamMessage>;
}

/** All event streams of one node. */
export interface EventStreams {
  /** Throws `rate_limited` for a tenant that holds its share already. */
  open(request: StreamRequest): Answer;
  /** Ends every stream with a comment; the clients resume elsewhere. */
  end(): void;
  /** Streams that are open now. */
  count(): number;
}

export function createEventStreams(): EventStreams {
  const held = new Map<TenantId, number>();
  const closing = new AbortController();
  return {
    open: (request) => {
      const { tenantId, gone } = request;
      const count = held.get(tenantId) ?? 0;
      if (count >= MOST_STREAMS) throw fault('rate_limited', { retryAfter: 5, detail: 'too many event streams' });
      held.set(tenantId, count + 1);
      const lost = watchAccess(request);
      // Bound to the connection, not to the generator: a generator that never began runs no `finally`.
      whenAborted(gone, () => {
        const left = (held.get(tenantId) ?? 1) - 1;
        if (left === 0) held.delete(tenantId);
        else held.set(tenantId, left);
      });
      const source = request.follow(AbortSignal.any([gone, closing.signal, lost]));
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
        stream: render(source, () => (closing.signal.aborted ? 'closing' : lost.aborted ? 'lost' : 'end')),
      };
    },
    end: () => closing.abort(),
    count: () => [...held.values()].reduce((sum, count) => sum + count, 0),
  };
}

function watchAccess({ gone, stillAllowed }: StreamRequest): AbortSignal {
  const lost = new AbortController();
  let asking = false;
  const timer = setInterval(() => {
    // A slow database is not asked again before it has answered.
    if (asking) return;
    asking = true;
    void stillAllowed()
      // What cannot be told is no: the client comes back by its last event.
      .catch(() => false)
      .then((allowed) => {
        asking = false;
        if (!allowed) lost.abort();
      });
  }, RECHECK_MS);
  whenAborted(gone, () => clearInterval(timer));
  return lost.signal;
}

function whenAborted(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
}

const LAST_WORDS = {
  end: 'event: end\ndata: {}\n\n',
  closing: ': the node is closing\n\n',
  lost: 'event: closed\ndata: {"code":"unauthenticated"}\n\n',
} as const;

async function* render(
  source: AsyncIterable<StreamMessage>,
  ending: () => keyof typeof LAST_WORDS,
): AsyncGenerator<string> {
  // At once, so that the headers travel before the first event.
  yield 'retry: 1000\n\n';
  const events = source[Symbol.asyncIterator]();
  let next = events.next();
  try {
    for (;;) {
      const came = await within(next, HEARTBEAT_MS);
      if (came === undefined) {
        yield ': still here\n\n';
        continue;
      }
      if (came.done === true) break;
      const { id, event, data } = came.value;
      yield `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      next = events.next();
    }
    yield LAST_WORDS[ending()];
  } finally {
    await events.return?.();
  }
}

/** The result, or undefined after `ms`. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
