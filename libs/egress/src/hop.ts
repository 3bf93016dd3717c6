// One hop: intake, a place, the outer door, the exchange, and the event that tells of it, whatever happened.

import type { Call } from './call.ts';
import type { Deadline } from './deadline.ts';
import type { Decision } from './decision.ts';
import { type Counters, placeOf, refusalOf } from './decisions.ts';
import { EgressError } from './egress-error.ts';
import type { Choose } from './exchange.ts';
import { Exchange } from './exchange.ts';
import { type Target, takeUrl } from './intake.ts';
import type { Judge, Judged } from './judge.ts';
import type { Ledger } from './ledger.ts';
import type { EgressPool, PoolTable } from './pools.ts';
import type { HeaderPairs } from './request-headers.ts';
import type { Rules } from './rules.ts';
import type { SocketDoor } from './socket-door.ts';
import type { Turnstile } from './turnstile.ts';

/** The parts of one guard. */
export interface Gate {
  readonly rules: Rules;
  readonly judge: Judge;
  /** The inner door, for what is judged without a socket of ours. */
  readonly door: SocketDoor | undefined;
  readonly pools: PoolTable;
  readonly turnstile: Turnstile;
  readonly ledger: Ledger;
  readonly counters: Counters;
}

/** What changes from hop to hop. */
export interface Outgoing {
  readonly url: string;
  readonly method: Call['method'];
  readonly headers: HeaderPairs;
  readonly body: Uint8Array | undefined;
}

export interface Hop {
  readonly id: string;
  readonly number: number;
  readonly call: Call;
  readonly deadline: Deadline;
}

const DEFAULT_HEADERS: HeaderPairs = {
  'user-agent': 'sallyport',
  accept: '*/*',
  'accept-encoding': 'gzip, br, deflate',
};

/** Resolves once the headers are there and the body is on its way to its consumer. Throws `EgressError` only. */
export async function passHop(
  gate: Gate,
  hop: Hop,
  out: Outgoing,
  choose: (target: Judged) => Choose,
): Promise<{ readonly status: number; readonly target: Judged }> {
  const report = new HopReport(gate, hop);
  let leave: (() => void) | undefined;
  try {
    report.target = takeUrl(out.url, gate.rules.schemes, hop.number);
    hop.deadline.check();
    demandPermit(hop.call.permit, report.target, hop.number);
    if (hop.number === 0) gate.ledger.take(hop.call.key);
    leave = await gate.turnstile.enter(report.target.host, hop.deadline, hop.number);
    const target = await gate.judge(report.target, hop.number, hop.deadline);
    report.judged = target;
    hop.deadline.check();
    if (!hop.call.mayStart())
      throw new EgressError('not-started', 'the caller may not begin a call any more', hop.number);
    const chosen = choose(target);
    const told: Choose = (answer) => {
      report.status = answer.status;
      return chosen(answer);
    };
    const answer = await startExchange(gate, hop, out, target, told, report, leave).answer;
    return { status: answer.status, target };
  } catch (error) {
    leave?.();
    const refusal =
      error instanceof EgressError ? error : new EgressError('connect', 'an unexpected fault', hop.number, error);
    report.end(refusal.at(hop.number));
    throw refusal.at(hop.number);
  }
}

/** The caller's own list, judged on the name as it was written: what it refuses is not even asked of DNS. */
export function demandPermit(permit: Call['permit'], { host, port }: Target, hop: number): void {
  const rule = permit?.({ host, port, hop });
  if (rule !== undefined) throw new EgressError('host', rule, hop);
}

function startExchange(
  gate: Gate,
  hop: Hop,
  out: Outgoing,
  target: Judged,
  choose: Choose,
  report: HopReport,
  leave: () => void,
): Exchange {
  const entry = gate.pools.get(target);
  report.begin(entry);
  const { mayStart } = hop.call;
  // A function of its own: two calls may share one question, and each waits for itself.
  const question = (): boolean => mayStart();
  const quit = (): void => {
    entry.questions.delete(question);
    if (entry.questions.size > 0) return;
    for (const cancel of entry.opening) cancel(new EgressError('timeout', 'nobody waits for this connection any more'));
  };
  entry.questions.add(question);
  const request = {
    hop: hop.number,
    head: out.method === 'HEAD',
    rules: { maxBytes: hop.call.maxBytes, perMessage: gate.rules.perMessage },
    mayStart,
    // A request that has its socket excuses none that is opened for another.
    onStart: () => void entry.questions.delete(question),
  };
  const exchange = new Exchange(request, choose, (error) => {
    unwatch();
    quit();
    leave();
    gate.ledger.charge(hop.call.key, (out.body?.length ?? 0) + exchange.wireBytes);
    report.bytes = exchange.decodedBytes;
    report.encodedBytes = exchange.wireBytes;
    report.end(error);
  });
  const unwatch = hop.deadline.watch((error) => exchange.abort(error.at(hop.number)));
  entry.pool.dispatch(
    {
      path: `${target.url.pathname}${target.url.search}`,
      method: out.method,
      headers: { ...DEFAULT_HEADERS, ...out.headers },
      body: out.body ?? null,
    },
    exchange,
  );
  return exchange;
}

class HopReport {
  target: Target | undefined;
  judged: Judged | undefined;
  status: number | undefined;
  bytes = 0;
  encodedBytes = 0;
  readonly #gate: Gate;
  readonly #hop: Hop;
  readonly #began: number;
  #pool: EgressPool | undefined;
  #connections = 0;
  #ended = false;

  constructor(gate: Gate, hop: Hop) {
    this.#gate = gate;
    this.#hop = hop;
    this.#began = gate.rules.clock();
  }

  begin(pool: EgressPool): void {
    this.#pool = pool;
    this.#connections = pool.connections;
  }

  end(error: EgressError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    const { rules, counters } = this.#gate;
    const { judged } = this;
    const innerRefusal = error?.code === 'address';
    const measured = {
      verdict: this.#verdict(innerRefusal),
      ...refusalOf(error, judged?.reported),
      dnsMs: judged?.dnsMs ?? 0,
      connectMs: this.#pool !== undefined && this.#pool.connections > this.#connections ? this.#pool.connectMs : 0,
      bytes: this.bytes,
      encodedBytes: this.encodedBytes,
    };
    counters.add(measured, rules.clock() - this.#began);
    const listeners = [rules.onDecision, this.#hop.call.onDecision].filter((one) => one !== undefined);
    if (listeners.length === 0) return;
    const decision: Decision = {
      ...measured,
      id: this.#hop.id,
      profile: rules.profile,
      key: this.#hop.call.key,
      hop: this.#hop.number,
      ...placeOf(judged ?? this.target),
      addresses: judged?.addresses ?? [],
      ...(this.#pool === undefined || this.#pool.peer === '' ? {} : { peer: this.#pool.peer }),
      ...(this.status === undefined ? {} : { status: this.status }),
    };
    for (const tell of listeners)
      try {
        tell(decision);
      } catch {
        // Whoever listens may not change what was decided.
      }
  }

  #verdict(innerRefusal: boolean): Decision['verdict'] {
    if (this.judged === undefined || innerRefusal) return 'block';
    return this.judged.reported === undefined ? 'allow' : 'report';
  }
}
