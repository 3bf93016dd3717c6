// Owns the one way out: a fetch that may call public addresses only, judged on the address that the socket uses.
// Promises two doors (every answer before the connect; the connected peer before the first byte), bounds on time and bytes, and header hygiene.
// Must never trust a proxy variable, a global dispatcher, a redirect or a name.
import { lookup as systemLookup } from 'node:dns/promises';
import { Agent, buildConnector } from 'undici';
import { inRange, type OpenedRange, parseAddress, parseOpenedRange, refusedBy } from './address.ts';
import { EgressError } from './egress-error.ts';
import { type Target, takeUrl } from './intake.ts';
import type { Decision, EgressPolicy, EgressResponse, FetchInit } from './policy.ts';
import { createSocketDoor } from './socket-door.ts';
import { type Admitted, type EgressPool, walk } from './walk.ts';

export { parseAddress } from './address.ts';
export { type EgressCode, EgressError } from './egress-error.ts';
export type { Decision, EgressPolicy, EgressResponse, FetchInit } from './policy.ts';

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

export function createEgressGuard(
  policy: EgressPolicy = {},
  doors: EgressDoors = { outer: true, inner: true },
): EgressGuard {
  const opened = (policy.allowAddresses ?? []).map(parseOpenedRange);
  const resolve =
    policy.lookup ?? (async (host) => (await systemLookup(`${host}.`, { all: true })).map((answer) => answer.address));
  const pools = new Map<string, EgressPool>();
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

  const poolFor = (target: Admitted): EgressPool => {
    const key = `${target.url.origin} ${[...target.addresses].sort().join(' ')}`;
    const standing = pools.get(key);
    if (standing !== undefined) return standing;
    const oldest = pools.keys().next().value;
    if (pools.size >= MOST_POOLS && oldest !== undefined) {
      void pools.get(oldest)?.agent.close();
      pools.delete(oldest);
    }
    const waiting = new Set<() => boolean>();
    const agent = new Agent({
      connect: guardedConnect(target, waiting),
      allowH2: false,
      keepAliveTimeout: 4_000,
      headersTimeout: policy.headersTimeoutMs ?? 10_000,
      bodyTimeout: policy.bodyTimeoutMs ?? 15_000,
      maxHeaderSize: 32 * 1024,
      connections: 8,
    });
    const pool = { agent, waiting };
    pools.set(key, pool);
    return pool;
  };

  const guardedConnect = (target: Admitted, waiting: ReadonlySet<() => boolean>): buildConnector.connector => {
    const set = target.addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const connect = buildConnector({
      timeout: 5_000,
      allowH2: false,
      lookup: (_host, options, done) => {
        if (options.all === true) done(null, set);
        else done(null, set[0]?.address ?? '', set[0]?.family ?? 4);
      },
    });
    return (options, done) => {
      // The lease may have passed between the decision and this moment; nothing has been sent yet.
      if (![...waiting].some((mayStart) => mayStart()))
        return done(new EgressError('not-started', 'the caller may not begin a call any more'), null);
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
      await Promise.all(open.map((pool) => pool.agent.destroy()));
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
