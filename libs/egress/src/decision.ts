// One event a hop: what was decided, by which rule, about which address. No header, no body, no value of a query (R21).
import type { EgressCode } from './egress-error.ts';
import type { Profile } from './profile.ts';

export interface Decision {
  /** `report`: let through although `code` and `rule` would have refused it. */
  readonly verdict: 'allow' | 'block' | 'report';
  /** Of the call; all its hops bear it. */
  readonly id: string;
  readonly profile: Profile;
  readonly key: string;
  readonly hop: number;
  /** Without user, query values and fragment. Empty when the text was no URL. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  /** The address that the pool's latest socket is connected to. */
  readonly peer?: string;
  readonly status?: number;
  /** Why it was refused; or, with `allow`, how the exchange failed afterwards. */
  readonly code?: EgressCode;
  readonly rule?: string;
  readonly dnsMs: number;
  /** 0 when a standing connection was used. */
  readonly connectMs: number;
  /** Decoded. */
  readonly bytes: number;
  /** On the wire. */
  readonly encodedBytes: number;
}
