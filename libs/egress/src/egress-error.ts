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
  | 'origin'
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
const SENTENCES: Readonly<Record<EgressCode, string>> = {
  host: UNREACHABLE,
  port: UNREACHABLE,
  address: UNREACHABLE,
  dns: UNREACHABLE,
  connect: UNREACHABLE,
  tls: UNREACHABLE,
  url: 'The URL is not one that may be called.',
  scheme: 'Only http and https URLs may be called.',
  credentials: 'The URL holds credentials.',
  origin: 'The URL leaves the server that this call is for.',
  option: 'An option of the request is not allowed.',
  header: 'A header of the request is not allowed.',
  headers: 'The headers of the answer are not acceptable.',
  timeout: 'The server took too long.',
  'not-started': 'The call was not begun.',
  'too-large': 'The answer is larger than allowed.',
  ratio: 'The answer is larger than allowed.',
  encoding: 'The answer is encoded in a way that is not accepted.',
  redirects: 'The server redirects too often.',
  'redirect-body': 'The server redirects a request that has a body.',
  'content-type': 'The answer is of a type that is not accepted.',
  busy: 'Too many calls are under way; try again later.',
};

/**
 * The one error of this package. `detail` is for logs; `publicMessage` holds no address and is safe for a model. `hop` counts
 * redirects: 0 is the URL that was asked for.
 */
export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly code: EgressCode;
  readonly hop: number;
  readonly detail: string;
  readonly publicMessage: string;
  constructor(code: EgressCode, detail: string, hop = 0, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hop = hop;
    this.detail = detail;
    this.publicMessage = SENTENCES[code];
  }

  /** The same error, said of a hop. */
  at(hop: number): EgressError {
    return this.hop === hop ? this : new EgressError(this.code, this.detail, hop, this.cause);
  }
}
