// One request: the key in its header, redirects refused, answers bounded, repeats only of what may be repeated.
import { CURRENT_RELEASE } from '@sallyport/contracts/releases';
import { pause } from './pause.ts';
import { readProblem, SallyportError } from './sallyport-error.ts';

export type Fetch = typeof fetch;

export interface ClientOptions {
  /** Where the server is, a path prefix included. */
  readonly baseUrl: string | URL;
  /** Sent as `Authorization: Bearer …`, never in a URL. */
  readonly apiKey?: string | undefined;
  readonly fetch?: Fetch | undefined;
  /** Most milliseconds a request may take; 30 000 unless told. Streams and uploads are not cut by it. */
  readonly timeoutMs?: number | undefined;
  /**
   * The dated release of the contracts that the caller knows; events are sent in its versions. That of this package unless told. A server
   * that does not have it sends what the key has pinned; a release that was told is never given up.
   */
  readonly contractsVersion?: string | undefined;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly json?: unknown;
  readonly body?: Blob | Uint8Array | ReadableStream<Uint8Array> | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** True when a repeat can do no harm; so for every GET. */
  readonly repeatable?: boolean;
  /** Statuses that are answers, not errors, of this call. */
  readonly alsoFine?: readonly number[];
  /** Most milliseconds until the answer begins; Infinity for none. */
  readonly timeoutMs?: number;
}

export interface Transport {
  /** The answer's JSON. Throws `SallyportError`; what aborted `signal` is thrown as it is. */
  json<T>(path: string, call?: Call): Promise<T>;
  /** The answer itself, after its status was judged. */
  open(path: string, call?: Call): Promise<Response>;
}

const MOST_TRIES = 4;
const MOST_JSON_BYTES = 64 * 1024 * 1024;
const MOST_PROBLEM_BYTES = 64 * 1024;
const LONGEST_PAUSE_MS = 10_000;
const TIMEOUT_MS = 30_000;
const UNKNOWN_RELEASE = 'unsupported_contracts_version';

export function createTransport(options: ClientOptions): Transport {
  const base = readBase(options.baseUrl);
  const key = readKey(options.apiKey);
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  let release: string | undefined = options.contractsVersion ?? CURRENT_RELEASE;

  const once = async (path: string, call: Call, signal: AbortSignal): Promise<Response> => {
    // The mark tells the server that a page of its own made the call: a form of another page cannot add it.
    const headers: Record<string, string> = { accept: 'application/json', 'x-sallyport-request': '1', ...call.headers };
    if (release !== undefined) headers['contracts-version'] = release;
    if (key !== undefined) headers.authorization = `Bearer ${key}`;
    if (call.json !== undefined) headers['content-type'] = 'application/json';
    const body = call.json === undefined ? call.body : JSON.stringify(call.json);
    // A redirect would carry the key, or the answer, to a place that nobody named.
    const init: RequestInit = { method: call.method ?? 'GET', headers, redirect: 'error', signal };
    const sent = body instanceof ReadableStream ? { ...init, body, duplex: 'half' } : { ...init, body: body ?? null };
    const response = await send(address(base, path, call.query), sent as RequestInit);
    if (response.ok || call.alsoFine?.includes(response.status) === true) return response;
    const problem = readProblem(response, await readText(response, MOST_PROBLEM_BYTES).catch(() => ''));
    // An older server than this package: it tells events as it knows them, and unknown is what readers are made for.
    if (problem.code === UNKNOWN_RELEASE && options.contractsVersion === undefined && release !== undefined) {
      release = undefined;
      return once(path, call, signal);
    }
    throw problem;
  };

  const open = async <T>(path: string, call: Call, read: (response: Response) => Promise<T>): Promise<T> => {
    const repeatable = call.repeatable ?? (call.method ?? 'GET') === 'GET';
    for (let tried = 1; ; tried++) {
      const limit = timer(call.timeoutMs ?? timeoutMs, call.signal);
      try {
        return await read(await once(path, call, limit.signal));
      } catch (error) {
        call.signal?.throwIfAborted();
        const known = asError(error, limit.expired());
        if (!repeatable || tried === MOST_TRIES || !isPassing(known)) throw known;
        await pause(pauseMs(tried, known.retryAfter), call.signal);
      } finally {
        limit.stop();
      }
    }
  };

  return {
    json: (path, call = {}) => open(path, call, readJson) as Promise<never>,
    open: (path, call = {}) => open(path, call, async (response) => response),
  };
}

function readBase(given: string | URL): URL {
  const base = URL.parse(String(given));
  if (
    base === null ||
    !/^https?:$/.test(base.protocol) ||
    base.username !== '' ||
    base.search !== '' ||
    base.hash !== ''
  )
    throw new SallyportError(
      'invalid_option',
      'baseUrl must be an http or https URL without credentials, query or fragment.',
    );
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}

function readKey(key: string | undefined): string | undefined {
  if (key === undefined || /^[\x21-\x7e]{1,4096}$/.test(key)) return key;
  throw new SallyportError('invalid_option', 'apiKey must be printable ASCII without spaces.');
}

function address(base: URL, path: string, query: Call['query']): URL {
  const url = new URL(base);
  url.pathname += path;
  for (const [name, value] of Object.entries(query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

/** An id as one path segment: whatever a caller passes, it reaches no other route. */
export function segment(id: string): string {
  if (id === '' || id === '.' || id === '..')
    throw new SallyportError('invalid_option', 'An id must not be empty, "." or "..".');
  return encodeURIComponent(id);
}

/** Aborts after `ms` or with `outer`; stopped once the answer is read, so that a long stream is not cut. */
function timer(ms: number, outer: AbortSignal | undefined): { signal: AbortSignal; expired(): boolean; stop(): void } {
  const own = new AbortController();
  let late = false;
  const handle = Number.isFinite(ms)
    ? setTimeout(() => {
        late = true;
        own.abort();
      }, ms)
    : undefined;
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  return { signal, expired: () => late, stop: () => clearTimeout(handle) };
}

function asError(error: unknown, late: boolean): SallyportError {
  if (late) return new SallyportError('timeout', 'The server did not answer in time.', { cause: error });
  if (error instanceof SallyportError) return error;
  return new SallyportError('unreachable', 'The server cannot be reached.', { cause: error });
}

/** Worth another try: nothing answered, or the server said that it is not ready or still at work on the same key. */
export function isPassing(error: SallyportError): boolean {
  return (
    error.code === 'unreachable' ||
    error.code === 'timeout' ||
    error.code === 'idempotency_in_flight' ||
    error.status === 503
  );
}

/** Doubles from 200 ms with jitter, so that many clients of one restarted server do not come back at once. */
export function pauseMs(tried: number, retryAfter: number | undefined): number {
  if (retryAfter !== undefined) return Math.min(retryAfter * 1000, LONGEST_PAUSE_MS);
  return Math.min(200 * 2 ** Math.min(tried - 1, 10), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const text = await readText(response, MOST_JSON_BYTES);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SallyportError('bad_answer', 'The answer is not JSON; is this a Sallyport server?', {
      status: response.status,
    });
  }
}

/** The body as text; stops reading where `most` is passed. */
async function readText(response: Response, most: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of streamOf(response)) {
    bytes += chunk.byteLength;
    if (bytes > most) throw new SallyportError('too_large', `The answer is larger than ${most} bytes.`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The body's chunks. A reader, not `for await` over the stream: not every browser iterates one. */
export async function* streamOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  let whole = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      whole = done;
      if (done) return;
      yield value;
    }
  } finally {
    // A body that was read to its end is left alone: browsers report one that is cancelled as a failed request.
    if (!whole) await reader.cancel().catch(() => undefined);
  }
}
