// One connection of server-sent events (HTML Living Standard §9.2): opened, read as messages, given up when it falls silent.
import type { EventEnvelope, StreamGap } from '@sallyport/contracts';
import { createParser } from 'eventsource-parser';
import { SallyportError } from './sallyport-error.ts';
import { isPassing, streamOf, type Transport } from './transport.ts';

export interface Message {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: string;
}

export interface Connection {
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly lastEventId?: string | undefined;
  /** The server sends a comment every 15 s; a stream silent for longer than this is dead. */
  readonly silenceMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly onOpen?: (() => void) | undefined;
}

const MOST_EVENT = 8 * 1024 * 1024;

export async function* openMessages(transport: Transport, connection: Connection): AsyncGenerator<Message> {
  const { path, query, lastEventId, silenceMs, signal, onOpen } = connection;
  const headers: Record<string, string> = { accept: 'text/event-stream' };
  if (lastEventId !== undefined) headers['last-event-id'] = lastEventId;
  const silent = new AbortController();
  const either = signal === undefined ? silent.signal : AbortSignal.any([signal, silent.signal]);
  let watch = setTimeout(() => silent.abort(), silenceMs);
  try {
    const response = await transport.open(path, { headers, query, signal: either, repeatable: false });
    if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream'))
      throw new SallyportError('bad_answer', 'The answer is not an event stream; is this a Sallyport server?');
    onOpen?.();
    const messages: Message[] = [];
    const feed = createFeed(messages);
    const decoder = new TextDecoder();
    for await (const chunk of streamOf(response)) {
      clearTimeout(watch);
      feed(decoder.decode(chunk, { stream: true }));
      for (const message of messages.splice(0)) yield message;
      watch = setTimeout(() => silent.abort(), silenceMs);
    }
  } catch (error) {
    if (silent.signal.aborted) throw new SallyportError('timeout', 'The event stream fell silent.', { cause: error });
    throw error;
  } finally {
    clearTimeout(watch);
  }
}

/** Feeds text and pushes what it holds. */
function createFeed(out: Message[]): (text: string) => void {
  let oversized = false;
  const parser = createParser({
    maxBufferSize: MOST_EVENT,
    onError: (error) => {
      oversized ||= error.type === 'max-buffer-size-exceeded';
    },
    onEvent: ({ event, id, data }) => void out.push({ event: event ?? 'message', id, data }),
  });
  return (text) => {
    parser.feed(text);
    if (oversized) throw new SallyportError('too_large', `An event is larger than ${MOST_EVENT} characters.`);
  };
}

/** What may pass is a break; what the server decided, a missing run say, is final. */
export function asBreak(error: unknown): SallyportError {
  if (!(error instanceof SallyportError))
    return new SallyportError('unreachable', 'The event stream broke.', { cause: error });
  if (isPassing(error) || error.status === 429 || error.status >= 500) return error;
  throw error;
}

export function readEnvelope(text: string): EventEnvelope {
  const value = readObject(text);
  if (!Number.isSafeInteger(value.seq) || typeof value.type !== 'string')
    throw new SallyportError('bad_answer', 'An event of the stream has no seq or type.');
  return value as unknown as EventEnvelope;
}

export function readGap(text: string): StreamGap {
  const value = readObject(text);
  if (!Number.isSafeInteger(value.first_seq) || !Number.isSafeInteger(value.last_seq))
    throw new SallyportError('bad_answer', 'A gap of the stream does not say which events it is of.');
  return value as unknown as StreamGap;
}

export function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new SallyportError('bad_answer', 'An event of the stream is not JSON.', { cause });
  }
  throw new SallyportError('bad_answer', 'An event of the stream is no JSON object.');
}
