// A policy, checked and completed once: whatever is wrong in it is said when the guard is made, not at the first call.
import type { Decision } from './decision.ts';
import { type HostPattern, parseHostPattern } from './names.ts';
import type { EgressPolicy, Method, ProxyPolicy } from './policy.ts';
import type { Profile } from './profile.ts';
import { type AddressRange, FAKE_IP_RANGES, parseRange } from './ranges.ts';

const MIB = 1024 * 1024;
const MOST_MS = 24 * 3_600_000;

interface ProfileRules {
  readonly methods: readonly Method[];
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly maxRedirects: number;
  /** Sizes count for each message of an event stream. */
  readonly perMessage: boolean;
}

const ALL_METHODS: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const HTTP: ProfileRules = {
  methods: ALL_METHODS,
  maxBytes: 10 * MIB,
  timeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  bodyTimeoutMs: 15_000,
  maxRedirects: 5,
  perMessage: false,
};
const PROFILES: Readonly<Record<Profile, ProfileRules>> = {
  http: HTTP,
  web: { ...HTTP, methods: ['GET', 'HEAD'] },
  webhook: { ...HTTP, methods: ['POST'], maxBytes: 64 * 1024, maxRedirects: 0 },
  mcp: {
    ...HTTP,
    methods: ['GET', 'POST', 'DELETE'],
    timeoutMs: Number.POSITIVE_INFINITY,
    headersTimeoutMs: 60_000,
    bodyTimeoutMs: 60_000,
    perMessage: true,
  },
  reader: { ...HTTP, methods: ['GET', 'POST'], maxRedirects: 0 },
};

export interface Rules extends ProfileRules {
  readonly profile: Profile;
  readonly report: boolean;
  readonly allow: readonly AddressRange[];
  readonly deny: readonly AddressRange[];
  readonly fakeIp: readonly AddressRange[];
  /** The same ranges as the operator wrote them, for the inner door, which reads them by itself. */
  readonly texts: {
    readonly allow: readonly string[];
    readonly deny: readonly string[];
    readonly fakeIp: readonly string[];
  };
  readonly metadata: boolean;
  readonly ownAddresses: (() => readonly string[]) | undefined;
  readonly allowHosts: readonly HostPattern[] | undefined;
  readonly denyHosts: readonly HostPattern[];
  readonly innerNames: readonly HostPattern[];
  readonly allowPorts: ReadonlySet<number> | undefined;
  readonly schemes: readonly string[];
  readonly allowDowngrade: boolean;
  readonly certificateAuthorities: readonly string[];
  readonly proxy:
    | { readonly host: string; readonly port: number; readonly authorization: string | undefined }
    | undefined;
  readonly lookup: EgressPolicy['lookup'];
  readonly clock: () => number;
  readonly onDecision: ((decision: Decision) => void) | undefined;
  readonly connectTimeoutMs: number;
  readonly dnsTimeoutMs: number;
  readonly maxPools: number;
  readonly pace: {
    readonly concurrency: number;
    readonly perHost: number;
    readonly queue: number;
    readonly rate: { readonly perSecond: number; readonly burst: number } | undefined;
    readonly byteBudget: { readonly bytes: number; readonly windowMs: number } | undefined;
  };
}

function whole(name: string, value: number | undefined, fallback: number, least: number, most: number): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < least || value > most)
    throw new TypeError(`${name} must be a whole number from ${least} to ${most}`);
  return value;
}

function milliseconds(name: string, value: number | undefined, fallback: number): number {
  return whole(name, value, fallback, 1, MOST_MS);
}

function positive(name: string, value: number): number {
  if (!Number.isFinite(value) || value <= 0) throw new TypeError(`${name} must be a number above 0`);
  return value;
}

function readProxy(proxy: ProxyPolicy | undefined): Rules['proxy'] {
  if (proxy === undefined) return undefined;
  const url = URL.parse(proxy.url);
  if (url === null || url.protocol !== 'http:' || url.username !== '' || url.password !== '' || url.pathname !== '/')
    throw new TypeError('proxy.url must be http://host:port without credentials or path');
  if (proxy.authorization !== undefined && !/^[\x20-\x7e]{1,4096}$/.test(proxy.authorization))
    throw new TypeError('proxy.authorization must be one line of visible ASCII');
  const port = url.port === '' ? 80 : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, authorization: proxy.authorization };
}

function readPace(pace: EgressPolicy['pace'] = {}): Rules['pace'] {
  const { rate, byteBudget } = pace;
  return {
    concurrency: whole('pace.concurrency', pace.concurrency, 64, 1, 10_000),
    perHost: whole('pace.perHost', pace.perHost, 8, 1, 10_000),
    queue: whole('pace.queue', pace.queue, 256, 0, 100_000),
    rate: rate && {
      perSecond: positive('pace.rate.perSecond', rate.perSecond),
      burst: whole('pace.rate.burst', rate.burst, 1, 1, 1_000_000),
    },
    byteBudget: byteBudget && {
      bytes: positive('pace.byteBudget.bytes', byteBudget.bytes),
      windowMs: milliseconds('pace.byteBudget.windowMs', byteBudget.windowMs, 1_000),
    },
  };
}

function readPorts(ports: readonly number[] | undefined): ReadonlySet<number> | undefined {
  return ports && new Set(ports.map((port) => whole('allowPorts', port, 0, 1, 65_535)));
}

function readSchemes(schemes: EgressPolicy['schemes'] = ['http', 'https']): readonly string[] {
  if (schemes.length === 0 || schemes.some((scheme) => scheme !== 'http' && scheme !== 'https'))
    throw new TypeError('schemes must name http, https or both');
  return schemes.map((scheme) => `${scheme}:`);
}

function readTimes(
  policy: EgressPolicy,
  profile: ProfileRules,
): Pick<Rules, 'timeoutMs' | 'headersTimeoutMs' | 'bodyTimeoutMs'> {
  const headersTimeoutMs = milliseconds('headersTimeoutMs', policy.headersTimeoutMs, profile.headersTimeoutMs);
  const bodyTimeoutMs = milliseconds('bodyTimeoutMs', policy.bodyTimeoutMs, profile.bodyTimeoutMs);
  // A guard that may wait two minutes for headers would be cut off by the usual total; who states the one need not know of the other.
  const stated = policy.headersTimeoutMs === undefined ? 0 : headersTimeoutMs + bodyTimeoutMs;
  const timeoutMs =
    policy.timeoutMs === Number.POSITIVE_INFINITY
      ? Number.POSITIVE_INFINITY
      : milliseconds('timeoutMs', policy.timeoutMs, Math.max(profile.timeoutMs, stated));
  return { timeoutMs, headersTimeoutMs, bodyTimeoutMs };
}

/** Throws TypeError that names the wrong key. */
export function settleRules(policy: EgressPolicy): Rules {
  const name = policy.profile ?? 'http';
  const profile = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (profile === undefined) throw new TypeError(`profile must be one of ${Object.keys(PROFILES).join(', ')}`);
  if (policy.mode !== undefined && policy.mode !== 'enforce' && policy.mode !== 'report')
    throw new TypeError('mode must be enforce or report');
  const fakeIp = (policy.fakeIpRanges ?? []).map((range) => {
    if (!Object.hasOwn(FAKE_IP_RANGES, range)) throw new TypeError(`fakeIpRanges: ${String(range)} is not known`);
    return parseRange(FAKE_IP_RANGES[range]);
  });
  return Object.freeze({
    ...profile,
    ...readTimes(policy, profile),
    profile: name,
    report: policy.mode === 'report',
    allow: (policy.allowAddresses ?? []).map(parseRange),
    deny: (policy.denyAddresses ?? []).map(parseRange),
    fakeIp,
    texts: {
      allow: [...(policy.allowAddresses ?? [])],
      deny: [...(policy.denyAddresses ?? [])],
      fakeIp: (policy.fakeIpRanges ?? []).map((range) => FAKE_IP_RANGES[range]),
    },
    metadata: policy.dangerouslyAllowMetadataAddresses === true,
    ownAddresses: policy.ownAddresses,
    allowHosts: policy.allowHosts?.map(parseHostPattern),
    denyHosts: (policy.denyHosts ?? []).map(parseHostPattern),
    innerNames: (policy.innerNames ?? []).map(parseHostPattern),
    allowPorts: readPorts(policy.allowPorts),
    schemes: readSchemes(policy.schemes),
    allowDowngrade: policy.allowDowngrade === true,
    certificateAuthorities: [...(policy.certificateAuthorities ?? [])],
    proxy: readProxy(policy.proxy),
    lookup: policy.lookup,
    clock: policy.clock ?? (() => performance.now()),
    onDecision: policy.onDecision,
    maxBytes: whole('maxBytes', policy.maxBytes, profile.maxBytes, 1, 2 ** 40),
    connectTimeoutMs: milliseconds('connectTimeoutMs', policy.connectTimeoutMs, 5_000),
    dnsTimeoutMs: milliseconds('dnsTimeoutMs', policy.dnsTimeoutMs, 5_000),
    maxRedirects: whole('maxRedirects', policy.maxRedirects, profile.maxRedirects, 0, 20),
    maxPools: whole('maxPools', policy.maxPools, 256, 1, 10_000),
    pace: readPace(policy.pace),
  });
}
