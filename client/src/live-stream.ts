// The one stream of a browser: many runs at once, and word of every run that changes. Resumes by the server's opaque cursor.
import type { EventEnvelope } from '@sallyport/contracts';
import { FOLLOW_LIMITS } from './event-stream.ts';
import { asBreak, openMessages, readEnvelope, readObject } from './messages.ts';
import { pause } from './pause.ts';
import type { SallyportError } from './sallyport-error.ts';
import { pauseMs, type Transport } from './transport.ts';

export interface LiveQuery {
  /** Runs whose events are sent, at most 50, each after the `seq` already seen. An unknown one is `not_found`. */
  readonly runs: readonly { readonly id: string; readonly after?: number | undefined }[];
  /** Word of every run of the tenant that changes. */
  readonly all?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onOpen?: (() => void) | undefined;
  /** Told each time the stream broke and is about to be opened again. */
  readonly onReconnect?: ((error: SallyportError | undefined) => void) | undefined;
}

export type LiveMessage =
  | { readonly kind: 'event'; readonly event: EventEnvelope }
  /** The run moved: what it now is, is asked for. */
  | { readonly kind: 'changed'; readonly id: string };

/**
 * Never ends by itself while the server may come back; throws `SallyportError` for what the server decided.
 * An event may come twice after a break, and none is left out: `seq` of each run is dense.
 */
export async function* followLive(transport: Transport, query: LiveQuery): AsyncGenerator<LiveMessage> {
  const { runs, all = false, signal, onOpen, onReconnect } = query;
  const named = runs.map(({ id, after = -1 }) => (after < 0 ? id : `${id}:${after}`));
  const asked = [...named, ...(all ? ['*'] : [])].join(',');
  let cursor: string | undefined;
  let breaks = 0;
  for (;;) {
    let broken: SallyportError | undefined;
    try {
      const messages = openMessages(transport, {
        path: 'v1/stream',
        query: { runs: asked },
        lastEventId: cursor,
        silenceMs: FOLLOW_LIMITS.silenceMs,
        signal,
        onOpen: () => {
          breaks = 0;
          onOpen?.();
        },
      });
      for await (const { event, id, data } of messages) {
        if (event === 'run.changed') yield { kind: 'changed', id: String(readObject(data).id) };
        else if (id !== undefined) {
          yield { kind: 'event', event: readEnvelope(data) };
          cursor = id;
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      broken = asBreak(error);
    }
    signal.throwIfAborted();
    breaks++;
    onReconnect?.(broken);
    await pause(pauseMs(breaks, broken?.retryAfter), signal);
  }
}
