import type { Problem } from '@sallyport/contracts';

/** Codes that this client sets by itself, when no server said anything. */
export type LocalCode = 'invalid_option' | 'unreachable' | 'timeout' | 'bad_answer' | 'too_large' | 'stream_gap';

export interface SallyportErrorOptions {
  readonly status?: number | undefined;
  readonly errors?: Problem['errors'] | undefined;
  readonly requestId?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The one error of this package. `code` is the server's stable code (`not_found`, `rate_limited`, …) or a `LocalCode`.
 * A code that this release does not know is normal: newer servers have more of them.
 */
export class SallyportError extends Error {
  override readonly name = 'SallyportError';
  readonly code: string;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly title: string;
  /** Which fields of the request are wrong. */
  readonly errors: readonly { readonly path: string; readonly message: string }[];
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;
  /** Seconds after which another try makes sense. */
  readonly retryAfter: number | undefined;

  constructor(code: string, title: string, options: SallyportErrorOptions = {}) {
    super(`${code}: ${title}`, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.title = title;
    this.status = options.status ?? 0;
    this.errors = options.errors ?? [];
    this.requestId = options.requestId;
    this.retryAfter = options.retryAfter;
  }
}

const MOST_ERRORS = 50;

/** Reads problem details (RFC 9457). Whatever is not one, a proxy's page say, is still an error with its status. */
export function readProblem(response: Response, body: string): SallyportError {
  const problem = parseObject(body);
  const text = (name: string): string | undefined => {
    const value = problem[name];
    return typeof value === 'string' && value !== '' ? value.slice(0, 2_000) : undefined;
  };
  return new SallyportError(text('code') ?? `http_${response.status}`, text('title') ?? 'The request was refused.', {
    status: response.status,
    errors: readErrors(problem.errors),
    requestId: response.headers.get('x-request-id') ?? undefined,
    retryAfter: readRetryAfter(response.headers.get('retry-after')),
  });
}

function parseObject(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readErrors(value: unknown): { path: string; message: string }[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_ERRORS).flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const { path, message } = item as Record<string, unknown>;
    return typeof message === 'string' ? [{ path: typeof path === 'string' ? path : '', message }] : [];
  });
}

/** RFC 9110 §10.2.3: seconds or a date. */
function readRetryAfter(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}
