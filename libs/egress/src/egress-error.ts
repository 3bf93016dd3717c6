export type EgressCode =
  | 'url'
  | 'scheme'
  | 'credentials'
  | 'host'
  | 'port'
  | 'address'
  | 'dns'
  | 'redirects'
  | 'redirect-body'
  | 'header'
  | 'option'
  | 'timeout'
  | 'not-started'
  | 'too-large'
  | 'ratio'
  | 'encoding'
  | 'headers'
  | 'tls'
  | 'connect'
  | 'busy'
  | 'content-type';

/** The same sentence for blocked, closed and unreachable: a model must not learn to scan ports from it (R20). */
const UNREACHABLE = 'The address could not be reached.';
const SENTENCES: Partial<Record<EgressCode, string>> = {
  timeout: 'The server took too long.',
  'too-large': 'The answer is larger than allowed.',
  ratio: 'The answer is larger than allowed.',
  encoding: 'The answer is encoded in a way that is not accepted.',
  redirects: 'The server redirects too often.',
  'redirect-body': 'The server redirects a request that has a body.',
  'content-type': 'The answer is of a type that is not accepted.',
  header: 'A header of the request is not allowed.',
};

/** The one error of this package. `detail` is for logs; `publicMessage` holds no address and is safe for a model. */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code: EgressCode;
  readonly hop: number;
  readonly detail: string;
  readonly publicMessage: string;
  constructor(code: EgressCode, detail: string, hop = 0, cause?: unknown) {
    super(`${code}: ${detail}`, { cause });
    this.code = code;
    this.hop = hop;
    this.detail = detail;
    this.publicMessage = SENTENCES[code] ?? UNREACHABLE;
  }
}
