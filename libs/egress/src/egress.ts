// Owns the one way out: a fetch that may call public addresses only, judged on the address that the socket uses.
// Promises two doors (every answer before the connect; the connected peer before the first byte), bounds on time and bytes, and header hygiene.
// Must never trust a proxy variable, a global dispatcher, a redirect or a name.

import { toResponse, type WebhookInit, type WebhookResult } from './answers.ts';
import { type Call, takeCall } from './call.ts';
import { createAuthorities } from './connector.ts';
import { collect, drain, lastly, type Sink, stream } from './consumers.ts';
import { Deadline } from './deadline.ts';
import type { Decision } from './decision.ts';
import { Counters, type EgressStats, placeOf, refusalOf } from './decisions.ts';
import { EgressError } from './egress-error.ts';
import type { Answer } from './exchange.ts';
import { demandPermit, type Gate } from './hop.ts';
import { type Target, takeUrl } from './intake.ts';
import { createJudge } from './judge.ts';
import { Ledger } from './ledger.ts';
import { createOrigin, type EgressOrigin } from './origin.ts';
import type { EgressPolicy, EgressResponse, FetchInit } from './policy.ts';
import { PoolTable } from './pools.ts';
import { createReader, type EgressReader, type ReaderOptions } from './reader.ts';
import { type Rules, settleRules } from './rules.ts';
import { createSocketDoor } from './socket-door.ts';
import { Turnstile } from './turnstile.ts';
import { type Arrival, walk } from './walk.ts';

export { parseAddress } from './address.ts';
export type { WebhookInit, WebhookResult } from './answers.ts';
export type { Decision } from './decision.ts';
export type { EgressStats, Histogram } from './decisions.ts';
export { type EgressCode, EgressError } from './egress-error.ts';
export { findHostRule, type HostRule, parseHostRule } from './names.ts';
export type { EgressOrigin } from './origin.ts';
export type { EgressPolicy, EgressResponse, FetchInit, Pace, Place, ProxyPolicy } from './policy.ts';
export type { Profile } from './profile.ts';
export type { FakeIpRange } from './ranges.ts';
export type { EgressReader, ReaderOptions } from './reader.ts';

export interface EgressGuard {
  /** A standard Response whose body streams, bounded as the policy says. Throws `EgressError` only. */
  fetch(input: string | URL | Request, init?: FetchInit): Promise<Response>;
  /** The whole answer, read with bounds. Throws `EgressError` only. */
  read(input: string | URL | Request, init?: FetchInit): Promise<EgressResponse>;
  /** Advice without connecting: the answer may differ by the time of a fetch, which judges anew. `permit` as in `FetchInit`. Never throws. */
  check(url: string, permit?: FetchInit['permit']): Promise<Decision>;
  /** A client for one server. Throws `EgressError` when the base is no URL that may be called. */
  forOrigin(base: string): EgressOrigin;
  /** One POST without redirects, whose answer is not handed on unless asked for. Throws `EgressError` only. */
  webhook(url: string, body: string | Uint8Array, init?: WebhookInit): Promise<WebhookResult>;
  /** A service that fetches for us. Throws when its origin is not one. */
  reader(options: ReaderOptions): EgressReader;
  stats(): EgressStats;
  /** Ends calls that are under way and leaves no socket and no timer behind. */
  close(): Promise<void>;
}

/** Removed one at a time by tests and proofs only; both stand in every shipped composition. */
export interface EgressDoors {
  readonly outer: boolean;
  readonly inner: boolean;
}

const DRAINED_BYTES = 64 * 1024;

/** Throws TypeError when the policy is wrong. */
export function createEgressGuard(
  policy: EgressPolicy = {},
  doors: EgressDoors = { outer: true, inner: true },
): EgressGuard {
  const rules = settleRules(policy);
  const gate = createGate(rules, doors);
  const open = new Set<Deadline>();
  let closed = false;

  const go = async <T>(call: Call, sink: (answer: Answer) => Sink<T>, whole: boolean): Promise<Arrival<T>> => {
    if (closed) throw new EgressError('not-started', 'the guard is closed');
    const deadline = new Deadline(call.timeoutMs, call.signal, (ended) => open.delete(ended));
    open.add(deadline);
    try {
      // The deadline stands until the body has ended, so one that nobody reads dies with it.
      const arrival = await walk(gate, call, deadline, (answer) => lastly(sink(answer), () => deadline.clear()));
      if (whole) await arrival.value;
      return arrival;
    } catch (error) {
      deadline.clear();
      throw error;
    }
  };

  const fetchCall = async (call: Call): Promise<Response> => {
    const cancelled = (): EgressError => new EgressError('timeout', 'the reader of the body gave up');
    const arrival = await go(call, () => stream(cancelled), false);
    return toResponse(arrival, await arrival.value);
  };
  const readCall = async (call: Call): Promise<EgressResponse> => {
    const arrival = await go(call, collect, true);
    return { status: arrival.status, headers: flatten(arrival.answer), body: await arrival.value, url: arrival.url };
  };

  return {
    fetch: async (input, init = {}) => fetchCall(await takeCall(input, init, rules)),
    read: async (input, init = {}) => readCall(await takeCall(input, init, rules)),
    check: (url, permit) => check(gate, url, permit),
    forOrigin: (base) =>
      createOrigin(base, rules.schemes, async (url, init) => fetchCall(await takeCall(url, init, rules, true))),
    webhook: async (url, body, init = {}) => {
      const { returnBody = false, ...rest } = init;
      const call = await takeCall(url, { ...rest, method: 'POST', body, redirect: 'manual' }, rules);
      if (returnBody) {
        const answer = await readCall(call);
        return { status: answer.status, delivered: isSuccess(answer.status), body: answer.body };
      }
      const { status } = await go(call, () => drain(DRAINED_BYTES), true);
      return { status, delivered: isSuccess(status) };
    },
    reader: (options) =>
      createReader(options, rules, gate.judge, gate.door, async (url, init) =>
        readCall(await takeCall(url, init, rules, true)),
      ),
    stats: () =>
      gate.counters.read({
        active: gate.turnstile.active,
        queued: gate.turnstile.queued,
        pools: gate.pools.size,
        sockets: gate.pools.sockets,
      }),
    close: async () => {
      closed = true;
      for (const deadline of [...open]) deadline.end(new EgressError('timeout', 'the guard was closed'));
      await gate.pools.close();
    },
  };
}

function createGate(rules: Rules, doors: EgressDoors): Gate {
  const door = doors.inner ? createSocketDoor({ ...rules.texts, metadata: rules.metadata }) : undefined;
  const pools = new PoolTable({ rules, door, secureContext: createAuthorities(rules) });
  return {
    rules,
    judge: createJudge(rules, doors.outer),
    door,
    pools,
    turnstile: new Turnstile(rules.pace),
    ledger: new Ledger(rules),
    counters: new Counters(),
  };
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function flatten(answer: Answer): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(answer.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

async function check({ rules, judge }: Gate, url: string, permit: FetchInit['permit']): Promise<Decision> {
  const plain = { id: '', profile: rules.profile, key: '', hop: 0, connectMs: 0, bytes: 0, encodedBytes: 0 };
  let target: Target | undefined;
  try {
    target = takeUrl(String(url), rules.schemes);
    demandPermit(permit, target, 0);
    const { addresses, dnsMs, reported } = await judge(target, 0);
    const verdict = reported === undefined ? 'allow' : 'report';
    return { ...plain, verdict, ...refusalOf(undefined, reported), ...placeOf(target), addresses, dnsMs };
  } catch (error) {
    const refusal = error instanceof EgressError ? error : new EgressError('url', 'not readable', 0, error);
    return {
      ...plain,
      verdict: 'block',
      ...refusalOf(refusal, undefined),
      ...placeOf(target),
      addresses: [],
      dnsMs: 0,
    };
  }
}
