// What a caller says to the guard. All of it is read once, checked and frozen when the guard is made (`rules.ts`).
import type { Decision } from './decision.ts';
import type { Profile } from './profile.ts';
import type { FakeIpRange } from './ranges.ts';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** Bounds on how many calls are under way at once and how many one key may make. */
export interface Pace {
  /** Calls under way at once, all hosts together; 64 unless stated. */
  readonly concurrency?: number;
  /** Calls under way at once to one host; 8 unless stated. */
  readonly perHost?: number;
  /** Calls that wait for their turn; one more is refused as `busy`; 256 unless stated. */
  readonly queue?: number;
  /** Token bucket for each key (`init.key`, such as tenant and tool): calls a second, and how many may come at once. */
  readonly rate?: { readonly perSecond: number; readonly burst: number };
  /** Bytes (sent, and received on the wire) that one key may move in a window. */
  readonly byteBudget?: { readonly bytes: number; readonly windowMs: number };
}

/** An HTTP proxy that the operator names; no variable of the environment ever does. */
export interface ProxyPolicy {
  /** `http://host:port`, without credentials. */
  readonly url: string;
  /** Value of `Proxy-Authorization`, sent to the proxy alone. */
  readonly authorization?: string;
}

export interface EgressPolicy {
  /** Sets methods, sizes, times and redirects; `http` unless stated. */
  readonly profile?: Profile;
  /** `report` lets through what a host, port or address rule refuses and says so in the decision; never for metadata addresses. */
  readonly mode?: 'enforce' | 'report';
  /** Operator's own ranges with optional port: `127.0.0.1/32:8080`. */
  readonly allowAddresses?: readonly string[];
  /** Ranges that are refused whatever else is allowed. */
  readonly denyAddresses?: readonly string[];
  /** Opens the addresses at which clouds hand out credentials, when a range covers them too. Dangerous. */
  readonly dangerouslyAllowMetadataAddresses?: boolean;
  /** Ranges of proxies that answer DNS with invented addresses; for DNS answers only, never for literals. */
  readonly fakeIpRanges?: readonly FakeIpRange[];
  /** The addresses of this machine, refused by default; read from the interfaces unless stated. */
  readonly ownAddresses?: () => readonly string[];
  /** When given, no other name or literal passes: `api.example.com`, `*.example.com` (any depth, not the name itself). */
  readonly allowHosts?: readonly string[];
  readonly denyHosts?: readonly string[];
  /** Inner names (`localhost`, `*.internal`, single labels) that may be asked of DNS; their answers are judged as ever. */
  readonly innerNames?: readonly string[];
  /** When given, exactly these ports pass; else 80, 443 and 1024 to 65535 without those that browsers refuse. */
  readonly allowPorts?: readonly number[];
  readonly schemes?: readonly ('http' | 'https')[];
  /** Lets a redirect go from https to http. */
  readonly allowDowngrade?: boolean;
  /** Certificate authorities in PEM beside those of the platform. Checks themselves cannot be turned off. */
  readonly certificateAuthorities?: readonly string[];
  readonly proxy?: ProxyPolicy;
  /** Answers all addresses of a name; the system's resolver unless stated. */
  readonly lookup?: (host: string) => Promise<readonly string[]>;
  /** Milliseconds that only grow; for buckets, budgets and measured times. */
  readonly clock?: () => number;
  readonly onDecision?: (decision: Decision) => void;
  /** Decoded bytes of one answer (`mcp`: of one message of an event stream), and bytes on the wire. */
  readonly maxBytes?: number;
  /** All hops together, in milliseconds. `Infinity` for none. Never shorter than the headers and idle times that are stated. */
  readonly timeoutMs?: number;
  /** TCP and TLS together; 5 s unless stated. */
  readonly connectTimeoutMs?: number;
  /** 5 s unless stated. */
  readonly dnsTimeoutMs?: number;
  /** From the request's last byte to the end of the answer's headers; 10 s unless stated (`mcp`: 60 s). */
  readonly headersTimeoutMs?: number;
  /** The longest silence in a body; 15 s unless stated (`mcp`: 60 s). */
  readonly bodyTimeoutMs?: number;
  readonly maxRedirects?: number;
  readonly maxPools?: number;
  readonly pace?: Pace;
}

/** What one call may say. Keys of the platform's `RequestInit` that change nothing here are accepted; any other key is refused. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: ConstructorParameters<typeof Headers>[0] | Readonly<Record<string, string>>;
  readonly body?: ConstructorParameters<typeof Response>[0] | Uint8Array | null;
  readonly redirect?: 'follow' | 'manual' | 'error';
  readonly signal?: AbortSignal | null;
  /** Only narrows what the policy says. */
  readonly maxBytes?: number;
  /** In place of the policy's. */
  readonly timeoutMs?: number;
  /** Media types that are accepted, without parameters; judged before the body. */
  readonly acceptTypes?: readonly string[];
  /** Whose bucket and budget this call uses, such as tenant and tool. */
  readonly key?: string;
  /** Asked before every connect, again just before the socket opens, and before the first byte: a superseded worker must not begin a call. */
  readonly mayStart?: () => boolean;
  /** Asked at every hop, before DNS, beside the policy: a text refuses the hop (code `host`) and is the rule that is told. It only narrows. */
  readonly permit?: (place: Place) => string | undefined;
  /** Told of every hop of this call, beside the policy's own listener. */
  readonly onDecision?: (decision: Decision) => void;
}

/** Where a hop leads: of a reader, the page that it is to read. */
export interface Place {
  /** Lower case, without brackets and trailing dot. */
  readonly host: string;
  readonly port: number;
  readonly hop: number;
}

/** A whole answer, read with bounds. */
export interface EgressResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** After redirects. */
  readonly url: string;
}
