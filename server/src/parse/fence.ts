// What a parser thread may not do: reach the network, or allocate without bound. Buffers live outside the heap that
// `resourceLimits` counts, so a small file that inflates to gigabytes must be stopped where the buffers are made.
import { inflateRawSync, inflateSync } from 'node:zlib';

const MOST_ONE = 48 * 1024 * 1024;
const MOST_OF_A_JOB = 384 * 1024 * 1024;

/** Names through which library code could fetch, or compress and inflate outside the fence below. */
const SHUT = [
  'fetch',
  'WebSocket',
  'EventSource',
  'XMLHttpRequest',
  'Request',
  'BroadcastChannel',
  'CompressionStream',
] as const;

export interface Fence {
  /** Starts the count of a job. */
  start(): void;
  /** Whether the job asked for more than it may have; readers that swallow errors are judged by this. */
  tripped(): boolean;
}

type Inflate = (bytes: Uint8Array, limit: { maxOutputLength: number }) => Uint8Array;
const INFLATERS: Readonly<Record<string, Inflate>> = { deflate: inflateSync, 'deflate-raw': inflateRawSync };

/** The platform's inflater has no bound; this one has, and says so when it is met. */
function boundedInflater(onOver: () => void): unknown {
  return function DecompressionStream(format: string): TransformStream<Uint8Array, Uint8Array> {
    const inflate = INFLATERS[format];
    if (inflate === undefined) throw new TypeError('a format that is not read');
    const packed: Uint8Array[] = [];
    return new TransformStream({
      transform: (chunk) => void packed.push(chunk),
      flush: (controller) => {
        try {
          controller.enqueue(new Uint8Array(inflate(Buffer.concat(packed), { maxOutputLength: MOST_ONE })));
        } catch (error) {
          if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') onOver();
          throw error;
        }
      },
    });
  };
}

/** Must be raised before a parsing library is imported: libraries may keep the globals that they find. */
export function raiseFence(): Fence {
  for (const name of SHUT) Reflect.deleteProperty(globalThis, name);
  let allocated = 0;
  let over = false;
  const inflater = boundedInflater(() => {
    over = true;
  });
  Object.defineProperty(globalThis, 'DecompressionStream', { value: inflater, writable: false });
  const Native = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(Native, {
    construct: (target, args: unknown[], newTarget) => {
      const [first] = args;
      const size = typeof first === 'number' ? first : Array.isArray(first) ? first.length : 0;
      if (size > 0) {
        allocated += size;
        if (size > MOST_ONE || allocated > MOST_OF_A_JOB) {
          over = true;
          throw new RangeError('the document expands beyond its limit');
        }
      }
      return Reflect.construct(target, args, newTarget) as Uint8Array;
    },
  });
  return {
    start: () => {
      allocated = 0;
      over = false;
    },
    tripped: () => over,
  };
}
