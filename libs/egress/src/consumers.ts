// Where a body goes: into one array of bytes, into the stream of a Response, or nowhere.
import type { Body, Consumer } from './body.ts';
import type { EgressError } from './egress-error.ts';

export interface Sink<T> {
  readonly consumer: Consumer;
  readonly value: Promise<T>;
  /** The bytes are not used, so neither their size nor their coding matters. */
  readonly discards?: boolean;
  /** Told of the body that feeds it before the first byte. */
  attach(body: Body): void;
}

/** The same sink, and a word when its body has ended in any way. */
export function lastly<T>(sink: Sink<T>, onEnd: () => void): Sink<T> {
  return {
    ...sink,
    consumer: {
      data: (chunk) => sink.consumer.data(chunk),
      end: () => {
        sink.consumer.end();
        onEnd();
      },
      fail: (error) => {
        sink.consumer.fail(error);
        onEnd();
      },
    },
  };
}

/** All bytes, once the body has ended. */
export function collect(): Sink<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  // The body may fail before the caller has come back to wait for it.
  promise.catch(() => undefined);
  const chunks: Uint8Array[] = [];
  let total = 0;
  return {
    value: promise,
    attach: () => undefined,
    consumer: {
      data: (chunk) => {
        chunks.push(chunk);
        total += chunk.length;
        return true;
      },
      end: () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, total)),
      fail: reject,
    },
  };
}

/** Reads up to `most` bytes so that the connection can be used again; what is longer is cut off with its socket. */
export function drain(most: number): Sink<undefined> & { cut(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let body: Body | undefined;
  let total = 0;
  return {
    value: promise,
    discards: true,
    cut: () => body?.cut(),
    attach: (source) => {
      body = source;
    },
    consumer: {
      data: (chunk) => {
        total += chunk.length;
        if (total > most) body?.cut();
        return true;
      },
      end: () => resolve(undefined),
      fail: () => resolve(undefined),
    },
  };
}

/** A stream that pulls: a reader that stops reading stops the sender. */
export function stream(onCancel: () => EgressError): Sink<ReadableStream<Uint8Array>> {
  let body: Body | undefined;
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given;
      },
      pull: () => body?.resume(),
      cancel: () => body?.stop(onCancel()),
    },
    { highWaterMark: 64 * 1024, size: (chunk) => chunk?.byteLength ?? 1 },
  );
  let open = true;
  return {
    value: Promise.resolve(readable),
    attach: (source) => {
      body = source;
    },
    consumer: {
      data: (chunk) => {
        controller?.enqueue(chunk);
        return (controller?.desiredSize ?? 0) > 0;
      },
      end: () => {
        open = false;
        controller?.close();
      },
      fail: (error) => {
        // A cancelled stream is closed already; its reader has gone.
        if (open) controller?.error(error);
        open = false;
      },
    },
  };
}
