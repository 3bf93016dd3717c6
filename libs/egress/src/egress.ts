// Owns the one way out: a fetch that may call public addresses only, judged on the address that the socket uses.
// Promises two doors (every answer before the connect; the connected peer before the first byte), bounds on time and bytes, and header hygiene.
// Must never trust a proxy variable, a global dispatcher, a redirect or a name.
import { lookup as systemLookup } from 'node:dns/promises';
import type { Readable } from 'node:stream';
import { Agent, buildConnector } from 'undici';
import { inRange, type OpenedRange, parseAddress, parseOpenedRange, refusedBy } from './address.ts';
import { readBody } from './body.ts';
import { type EgressCode, EgressError } from './egress-error.ts';
import { type Target, takeUrl } from './intake.ts';
import { acrossOrigins, takeHeaders } from './request-headers.ts';
import { createSocketDoor } from './socket-door.ts';

export { type EgressCode, EgressError } from './egress-error.ts';

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

export interface EgressGuard {
  /** Throws `EgressError` only. */
  fetch(url: string | URL, init?: FetchInit): Promise<EgressResponse>;
  /** Advice without connecting: the answer may differ by the time of a fetch. */
  check(url: string): Promise<Decision>;
  close(): Promise<void>;
}

/** Removed one at a time by tests and proofs only; both stand in every shipped composition. */
export interface EgressDoors {
  readonly outer: boolean;
  readonly inner: boolean;
}

const MOST_POOLS = 256;
const DNS_MS = 5_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
type Admitted = Target & { readonly addresses: readonly string[] };

export function createEgressGuard(
  policy: EgressPolicy = {},
  doors: EgressDoors = { outer: true, inner: true },
): EgressGuard {
  const opened = (policy.allowAddresses ?? []).map(parseOpenedRange);
  const resolve =
    policy.lookup ?? (async (host) => (await systemLookup(`${host}.`, { all: true })).map((answer) => answer.address));
  const pools = new Map<string, Agent>();
  const isPublicPeer = createSocketDoor();

  const isOpened = (address: Uint8Array, port: number): boolean =>
    opened.some(
      (range: OpenedRange) =>
        inRange(address, range.network, range.bits) && (range.port === undefined || range.port === port),
    );

  const judge = async (target: Target, hop: number): Promise<Admitted> => {
    const addresses = target.literal === undefined ? await resolveAll(resolve, target.host, hop) : [target.host];
    const parsed = addresses.map(parseAddress);
    const own = parsed.every((address) => address !== undefined && isOpened(address, target.port));
    if (doors.outer && !own) {
      if (target.softRefusal !== undefined)
        throw new EgressError(target.softRefusal.code, target.softRefusal.rule, hop);
      for (const address of parsed) {
        const rule =
          address === undefined ? 'not an address' : isOpened(address, target.port) ? undefined : refusedBy(address);
        if (rule !== undefined) throw new EgressError('address', rule, hop);
      }
    }
    return { ...target, addresses };
  };

  const admit = async (input: string | URL, hop: number): Promise<Admitted> => {
    let host = '';
    let port = 0;
    try {
      const target = takeUrl(input, hop);
      ({ host, port } = target);
      const admitted = await judge(target, hop);
      policy.onDecision?.({ verdict: 'allow', hop, host, port, addresses: admitted.addresses });
      return admitted;
    } catch (error) {
      const refusal =
        error instanceof EgressError ? error : new EgressError('dns', 'the name did not resolve', hop, error);
      policy.onDecision?.({
        verdict: 'block',
        hop,
        host,
        port,
        addresses: [],
        code: refusal.code,
        rule: refusal.detail,
      });
      throw refusal;
    }
  };

  const poolFor = (target: Admitted): Agent => {
    const key = `${target.url.origin} ${[...target.addresses].sort().join(' ')}`;
    const standing = pools.get(key);
    if (standing !== undefined) return standing;
    const oldest = pools.keys().next().value;
    if (pools.size >= MOST_POOLS && oldest !== undefined) {
      void pools.get(oldest)?.close();
      pools.delete(oldest);
    }
    const agent = new Agent({
      connect: guardedConnect(target),
      allowH2: false,
      keepAliveTimeout: 4_000,
      headersTimeout: 10_000,
      bodyTimeout: 15_000,
      maxHeaderSize: 32 * 1024,
      connections: 8,
    });
    pools.set(key, agent);
    return agent;
  };

  const guardedConnect = (target: Admitted): buildConnector.connector => {
    const set = target.addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const connect = buildConnector({
      timeout: 5_000,
      allowH2: false,
      lookup: (_host, options, done) => {
        if (options.all === true) done(null, set);
        else done(null, set[0]?.address ?? '', set[0]?.family ?? 4);
      },
    });
    return (options, done) =>
      connect(options, (error, socket) => {
        if (error !== null) return done(error, null);
        const remote = socket.remoteAddress ?? '';
        const address = parseAddress(remote);
        const passes =
          !doors.inner || isPublicPeer(remote) || (address !== undefined && isOpened(address, target.port));
        if (passes) return done(null, socket);
        socket.destroy();
        return done(new EgressError('address', 'the connected peer is not a public address'), null);
      });
  };

  return {
    fetch: (url, init = {}) => walk(url, init, policy, { admit, poolFor }),
    check: async (url) => {
      try {
        const target = await judge(takeUrl(url), 0);
        return { verdict: 'allow', hop: 0, host: target.host, port: target.port, addresses: target.addresses };
      } catch (error) {
        const refusal = error instanceof EgressError ? error : new EgressError('dns', 'the name did not resolve');
        return { verdict: 'block', hop: 0, host: '', port: 0, addresses: [], code: refusal.code, rule: refusal.detail };
      }
    },
    close: async () => {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy()));
    },
  };
}

async function resolveAll(
  resolve: NonNullable<EgressPolicy['lookup']>,
  host: string,
  hop: number,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new EgressError('dns', 'the lookup took too long', hop)), DNS_MS);
  });
  try {
    const answers = await Promise.race([resolve(host), late]);
    if (answers.length === 0 || answers.length > 64) throw new EgressError('dns', 'an empty or endless answer', hop);
    return answers;
  } finally {
    clearTimeout(timer);
  }
}

interface Way {
  admit(url: string | URL, hop: number): Promise<Admitted>;
  poolFor(target: Admitted): Agent;
}

/** Walks the redirects by hand: each hop is a full new decision. */
async function walk(start: string | URL, init: FetchInit, policy: EgressPolicy, way: Way): Promise<EgressResponse> {
  const deadline = AbortSignal.timeout(init.timeoutMs ?? policy.timeoutMs ?? 30_000);
  const signal = init.signal === undefined ? deadline : AbortSignal.any([deadline, init.signal]);
  const maxBytes = Math.min(init.maxBytes ?? Number.POSITIVE_INFINITY, policy.maxBytes ?? 10 * 1024 * 1024);
  const seen = new Set<string>();
  let headers = takeHeaders(init.headers ?? {});
  let { method = 'GET', body } = init;
  let next: string | URL = start;
  for (let hop = 0; ; hop++) {
    const target = await way.admit(next, hop);
    if (seen.has(target.url.href) || hop > (policy.maxRedirects ?? 5))
      throw new EgressError('redirects', 'too many redirects or a loop', hop);
    seen.add(target.url.href);
    if (init.startBefore !== undefined && performance.now() > init.startBefore)
      throw new EgressError('timeout', 'too late to begin', hop);
    const answer = await send(target, { method, headers, ...(body === undefined ? {} : { body }) }, signal, way, hop);
    const location = REDIRECTS.has(answer.status) ? answer.headers.location : undefined;
    if (location === undefined) return finish(target, answer, init, maxBytes, signal);
    answer.body.destroy();
    if (/[\\\u0000-\u001f]/.test(location))
      throw new EgressError('url', 'a redirect to something that is not a URL', hop + 1);
    const onward: URL | null = URL.parse(location, target.url.href);
    if (onward === null) throw new EgressError('url', 'a redirect to something that is not a URL', hop + 1);
    if (target.url.protocol === 'https:' && onward.protocol === 'http:')
      throw new EgressError('scheme', 'a redirect from https to http', hop + 1);
    if (answer.status === 303 || (method === 'POST' && (answer.status === 301 || answer.status === 302))) {
      if (method !== 'HEAD') method = 'GET';
      body = undefined;
    }
    if (onward.origin !== target.url.origin) {
      if (body !== undefined) throw new EgressError('redirect-body', 'a redirect of a body to another origin', hop + 1);
      headers = acrossOrigins(headers);
    }
    next = onward;
  }
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

async function send(
  target: Admitted,
  request: { method: 'GET' | 'HEAD' | 'POST'; headers: Record<string, string>; body?: string | Uint8Array },
  signal: AbortSignal,
  way: Way,
  hop: number,
): Promise<RawAnswer> {
  try {
    const answer = await way.poolFor(target).request({
      origin: target.url.origin,
      path: `${target.url.pathname}${target.url.search}`,
      method: request.method,
      headers: { 'user-agent': 'sallyport', accept: '*/*', 'accept-encoding': 'gzip, br, deflate', ...request.headers },
      body: request.body ?? null,
      signal,
    });
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    // A body that is dropped half-way reports its abort here; nobody else listens.
    answer.body.on('error', () => undefined);
    return { status: answer.statusCode, headers, body: answer.body };
  } catch (error) {
    if (error instanceof EgressError) throw error;
    if (error instanceof Error && error.cause instanceof EgressError) throw error.cause;
    if (signal.aborted) throw new EgressError('timeout', 'the deadline passed', hop, error);
    throw new EgressError('connect', error instanceof Error ? error.message : 'no connection', hop, error);
  }
}

async function finish(
  target: Admitted,
  answer: RawAnswer,
  init: FetchInit,
  maxBytes: number,
  signal: AbortSignal,
): Promise<EgressResponse> {
  const type = (answer.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (init.acceptTypes !== undefined && !init.acceptTypes.includes(type)) {
    answer.body.destroy();
    throw new EgressError('content-type', `content type ${type.slice(0, 60)}`);
  }
  const body = await readBody(answer.body, answer.headers['content-encoding'], maxBytes, signal);
  return { status: answer.status, headers: answer.headers, body, url: target.url.href };
}
