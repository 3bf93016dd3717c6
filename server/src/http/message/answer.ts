// What a route answers, as a value: only `send.ts` turns it into bytes on a connection.

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** JSON that was written before: a replay answers the very bytes of the first time. */
  readonly json?: string;
  /** Sent as they are; `headers` name their type. */
  readonly bytes?: Uint8Array;
  /** Sent as it comes, with backpressure; `headers` name its type. */
  readonly stream?: AsyncIterable<Uint8Array | string>;
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const noContent: Answer = { status: 204 };
export const created = (location: string, body: unknown): Answer => ({ status: 201, headers: { location }, body });

/** A text that is whole already; `type` is its media type. */
export function sendText(type: string, text: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { ...headers, 'content-type': type }, bytes: Buffer.from(text, 'utf8') };
}
