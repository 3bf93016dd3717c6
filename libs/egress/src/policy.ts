// What a caller says to the guard and what it answers.
import type { EgressCode } from './egress-error.ts';

export interface EgressPolicy {
  /** Operator's own ranges with optional port: `127.0.0.1/32:8080`. */
  readonly allowAddresses?: readonly string[];
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  readonly onDecision?: (decision: Decision) => void;
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
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
  /** Monotonic milliseconds (performance.now) after which no connect may begin: a superseded worker must not act. */
  readonly startBefore?: number;
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
