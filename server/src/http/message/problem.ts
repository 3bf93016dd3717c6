// Faults as problem details (RFC 9457): the public sentence of the table and nothing of the cause. The framework's own faults are
// translated here too, so that no caller meets a second shape.
import type { Problem } from '@sallyport/contracts';
import { BlobError } from '../../blobs/blobs.ts';
import { Fault, type FaultCode, fault } from '../../errors.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const FRAMEWORK: Readonly<Record<string, FaultCode>> = {
  FST_ERR_NOT_FOUND: 'not_found',
  FST_ERR_MAX_PARAM_LENGTH: 'not_found',
  FST_ERR_BAD_URL: 'invalid_request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'invalid_request',
  // The caller went away while it was sending.
  ECONNRESET: 'invalid_request',
  ERR_STREAM_PREMATURE_CLOSE: 'invalid_request',
  ECONNABORTED: 'invalid_request',
};

/** Any error as a fault of the table; what is not known is `internal`. */
export function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof BlobError && error.code === 'too_large') return fault('too_large', { cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const known = Object.hasOwn(FRAMEWORK, code) ? FRAMEWORK[code] : undefined;
  // The framework's messages repeat the path that was asked for.
  if (known !== undefined) return fault(known, { detail: code, cause: error });
  return fault('internal', { detail: error instanceof Error ? error.message : String(error), cause: error });
}

export function problemOf(failure: Fault): Problem {
  const { code, status, publicMessage: title } = failure;
  const { fields } = failure.options;
  const problem = { type: `urn:sallyport:problem:${code}`, title, status, code };
  return status < 500 && fields !== undefined ? { ...problem, errors: fields } : problem;
}

/** Headers that belong to a fault. */
export function problemHeaders(failure: Fault): Record<string, string> {
  const { retryAfter } = failure.options;
  return {
    'content-type': PROBLEM_TYPE,
    ...(failure.code === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfter)) }),
  };
}
