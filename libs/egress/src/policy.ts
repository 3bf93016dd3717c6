// What a caller says to the guard and what it answers.
import type { EgressCode } from './egress-error.ts';

export interface EgressPolicy {
  /** Operator's own ranges with optional port: `127.0.0.1/32:8080`. */
  readonly allowAddresses?: readonly string[];
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  readonly onDecision?: (decision: Decision) => void;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  /** From the request's last byte to the end of the answer's headers; 10 s unless stated. */
  readonly headersTimeoutMs?: number;
  /** The longest silence in a body; 15 s unless stated. */
  readonly bodyTimeoutMs?: number;
  readonly maxRedirects?: number;
}

export interface Decision {
  readonly verdict: 'allow' | 'block';
  readonly hop: number;
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly code?: EgressCode;
  readonly rule?: string;
}

export interface FetchInit {
  readonly method?: 'GET' | 'HEAD' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
  /** Asked before every connect and again just before the socket opens: a superseded worker must not begin a call. */
  readonly mayStart?: () => boolean;
  readonly signal?: AbortSignal;
  readonly acceptTypes?: readonly string[];
}

export interface EgressResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** After redirects. */
  readonly url: string;
}
