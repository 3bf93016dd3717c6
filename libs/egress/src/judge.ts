// The outer door: decides on host, port and every address of a target before anything is connected.
import { lookup as systemLookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { formatAddress, parseAddress, refusedBy, unwrap } from './address.ts';
import type { Deadline } from './deadline.ts';
import { EgressError } from './egress-error.ts';
import { type Refusal, refusedHost, refusedPort, type Target } from './intake.ts';
import { matchesHost } from './names.ts';
import { covers, coversInside, isMetadata } from './ranges.ts';
import type { Rules } from './rules.ts';

const MOST_ANSWERS = 64;
const OWN_FOR_MS = 10_000;

export interface Judged extends Target {
  /** Canonical texts, each once; the socket gets exactly this set. */
  readonly addresses: readonly string[];
  readonly dnsMs: number;
  /** In `report` mode: what would have refused. */
  readonly reported: Refusal | undefined;
}

export type Judge = (target: Target, hop: number, deadline?: Deadline) => Promise<Judged>;

/** `outer: false` is the removed door of tests and proofs: names resolve, and nothing is refused. */
export function createJudge(rules: Rules, outer: boolean): Judge {
  const isOwn = createOwnAddresses(rules);
  const resolve =
    rules.lookup ??
    // The final dot keeps the resolver from trying search domains, which are what makes sense of an inner name.
    (async (host: string) => {
      const name = matchesHost(rules.innerNames, host) ? host : `${host}.`;
      return (await systemLookup(name, { all: true })).map((answer) => answer.address);
    });

  const refuse = (refusal: Refusal | undefined, hop: number, reported: Refusal | undefined): Refusal | undefined => {
    if (refusal === undefined) return reported;
    if (!rules.report || refusal.rule === 'metadata') throw new EgressError(refusal.code, refusal.rule, hop);
    return reported ?? refusal;
  };

  const judgeAddress = (address: Uint8Array, target: Target): Refusal | undefined => {
    const { port } = target;
    const opened = covers(rules.allow, address, port);
    if (isMetadata(address) && !(rules.metadata && opened)) return { code: 'address', rule: 'metadata' };
    if (coversInside(rules.deny, address, port)) return { code: 'address', rule: 'denied range' };
    if (opened || (target.literal === undefined && covers(rules.fakeIp, address, port))) return undefined;
    const rule = refusedBy(address) ?? (isOwn(address) ? 'an address of this machine' : undefined);
    return rule === undefined ? undefined : { code: 'address', rule };
  };

  return async (target, hop, deadline) => {
    let reported: Refusal | undefined;
    const named = rules.allow.filter((range) => range.port === target.port);
    if (outer) {
      reported = refuse(refusedHost(target, rules), hop, reported);
      reported = refuse(refusedPort(target.port, rules, named.length > 0), hop, reported);
    }
    const began = rules.clock();
    const answers =
      target.literal === undefined ? await resolveAll(resolve, target.host, rules, hop, deadline) : [target.literal];
    const dnsMs = target.literal === undefined ? rules.clock() - began : 0;
    if (outer) {
      for (const address of answers) reported = refuse(judgeAddress(address, target), hop, reported);
      const opened = answers.every((address) => covers(named, address, target.port));
      reported = refuse(refusedPort(target.port, rules, opened), hop, reported);
    }
    return { ...target, addresses: [...new Set(answers.map(formatAddress))], dnsMs, reported };
  };
}

/** One lookup with a time limit. One empty or unparsable answer refuses the whole: half a truth is no truth. */
async function resolveAll(
  resolve: (host: string) => Promise<readonly string[]>,
  host: string,
  rules: Rules,
  hop: number,
  deadline: Deadline | undefined,
): Promise<Uint8Array[]> {
  const wait = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => wait.reject(new EgressError('dns', 'the lookup took too long', hop)),
    rules.dnsTimeoutMs,
  );
  // A resolver that throws at once leaves nobody to hear of the time limit.
  wait.promise.catch(() => undefined);
  const leave = deadline?.watch((error) => wait.reject(error));
  try {
    const texts: unknown = await Promise.race([resolve(host), wait.promise]);
    if (!Array.isArray(texts) || texts.length === 0 || texts.length > MOST_ANSWERS)
      throw new EgressError('dns', 'an empty or endless answer', hop);
    return texts.map((text: unknown) => {
      const address = typeof text === 'string' ? parseAddress(text) : undefined;
      if (address === undefined) throw new EgressError('dns', 'an answer that is no address', hop);
      return address;
    });
  } catch (error) {
    throw error instanceof EgressError ? error : new EgressError('dns', 'the name did not resolve', hop, error);
  } finally {
    clearTimeout(timer);
    leave?.();
  }
}

function createOwnAddresses(rules: Rules): (address: Uint8Array) => boolean {
  const read =
    rules.ownAddresses ??
    (() => Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => entry.address)));
  let own = new Set<string>();
  let readAt = Number.NEGATIVE_INFINITY;
  return (address) => {
    const now = rules.clock();
    if (now - readAt > OWN_FOR_MS) {
      readAt = now;
      own = new Set(
        read().flatMap((text) => {
          const parsed = parseAddress(text.split('%')[0] ?? '');
          return parsed === undefined ? [] : [parsed.join('.')];
        }),
      );
    }
    return own.has(unwrap(address).join('.'));
  };
}
