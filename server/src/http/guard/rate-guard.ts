// The limits around a call: before its credential is read, after it failed, after it was let in (RL1 to RL5, AK7).
import { createHash } from 'node:crypto';
import { Fault, fault } from '../../errors.ts';
import type { KeyMemory, ParsedKey } from '../../identity/identity.ts';
import type { RateScope, RateSettings, Rates, Taken, Wanted } from '../../limits/limits.ts';
import type { OperatorPrincipal, UserPrincipal } from '../../principal.ts';

export interface RateGuard {
  /** Refuses, asking nobody, what is known to be over its limit. Throws `rate_limited`. */
  demandCalm(address: string, credential: string, key: ParsedKey | undefined): void;
  /** After a credential was refused for `reason`. */
  failed(address: string, credential: string, reason: string | undefined): Promise<void>;
  /** Counts a call that was let in. Answers the headers that tell where it stands; throws `rate_limited` or `unavailable`. */
  enter(caller: UserPrincipal | OperatorPrincipal, call: EnteredCall): Promise<Record<string, string>>;
  /** Counts a call without a credential, such as a sign-in. */
  enterNameless(address: string): Promise<void>;
  close(): void;
}

export interface EnteredCall {
  readonly address: string;
  readonly credential: string;
  /** True for a call that changes nothing. */
  readonly reads: boolean;
}

/** A guess costs us a look into the database, or a signature; what is no credential at all costs nothing and is not counted. */
const GUESSES: ReadonlySet<string> = new Set([
  'unknown_key',
  'bad_secret',
  'bad_operator_key',
  'unknown_session',
  'unknown_link',
  'unknown_kid',
  'bad_signature',
]);
const NOTHING: ReadonlySet<string> = new Set(['no_credential', 'garbled_key', 'garbled_session', 'token_garbled']);
const MOST_CREDENTIALS = 20_000;
/** Buckets that many tenants may share are not told of: what is left in them says how much the others call. */
const SHARED: ReadonlySet<RateScope> = new Set(['address', 'failures']);

/** Refusals carry the headers of the limit that was met. */
export class RateLimited extends Fault {
  readonly headers: Readonly<Record<string, string>>;
  constructor(met: Taken) {
    super('rate_limited', { retryAfter: Math.max(1, Math.ceil(met.retryAfter)), detail: met.scope });
    this.headers = rateHeaders([met]);
  }
}

/** RateLimit header fields for HTTP (IETF draft, structured fields): a policy's name, its quota and its window; what is left and for how long. */
export function rateHeaders(taken: readonly Taken[]): Record<string, string> {
  if (taken.length === 0) return {};
  return {
    'ratelimit-policy': taken.map(({ scope, rate }) => `"${scope}";q=${rate.count};w=${rate.seconds}`).join(', '),
    ratelimit: taken.map(({ scope, remaining, reset }) => `"${scope}";r=${remaining};t=${reset}`).join(', '),
  };
}

function idOf(caller: UserPrincipal): string {
  if (caller.kind === 'key') return `key:${caller.keyId}`;
  return caller.kind === 'session' ? `session:${caller.sessionId}` : `token:${caller.tenantId}:${caller.userId}`;
}

export function createRateGuard(rates: Rates, settings: RateSettings, memory: KeyMemory): RateGuard {
  const want = (scope: RateScope, id: string): Wanted => ({ scope, id, rate: settings[scope] });
  const failuresOf = (address: string): Wanted => want('failures', `address:${address}`);
  const digestOf = (credential: string): string => createHash('sha256').update(credential, 'utf8').digest('base64url');
  /** The buckets of credentials that were let in here: when one of them is empty, the credential need not be verified again to say so. */
  const known = new Map<string, readonly Wanted[]>();
  const remember = (digest: string, wanted: readonly Wanted[]): void => {
    known.delete(digest);
    const [oldest] = known.size >= MOST_CREDENTIALS ? known.keys() : [];
    if (oldest !== undefined) known.delete(oldest);
    known.set(digest, wanted);
  };
  const refuseFirst = (taken: readonly (Taken | undefined)[]): void => {
    const met = taken.find((one) => one?.allowed === false);
    if (met !== undefined) throw new RateLimited(met);
  };
  return {
    demandCalm: (address, credential, key) => {
      const digest = digestOf(credential);
      const buckets = known.get(digest) ?? [];
      refuseFirst(
        [want('address', address), want('failures', `credential:${digest}`), ...buckets].map((one) =>
          rates.blocked(one),
        ),
      );
      // Failures of others at the same address do not lock out whoever is known.
      if (buckets.length > 0 || (key !== undefined && memory.proves(key))) return;
      refuseFirst([rates.blocked(failuresOf(address))]);
    },
    failed: async (address, credential, reason = '') => {
      if (NOTHING.has(reason)) return;
      // A good credential that was stopped is no guess: only itself is slowed down, not its neighbours.
      if (GUESSES.has(reason)) await rates.take([failuresOf(address)], 'local');
      else rates.takeHere(want('failures', `credential:${digestOf(credential)}`));
    },
    enter: async (caller, { address, credential, reads }) => {
      const own =
        caller.kind === 'operator'
          ? []
          : [
              want('key', idOf(caller)),
              want('user', `${caller.tenantId}:${caller.userId}`),
              want('tenant', caller.tenantId),
            ];
      if (own.length > 0) remember(digestOf(credential), own);
      const taken = await rates.take([want('address', address), ...own], reads ? 'local' : 'closed');
      refuseFirst(taken);
      return rateHeaders(taken.filter((one) => !SHARED.has(one.scope)));
    },
    enterNameless: async (address) => {
      refuseFirst([rates.blocked(failuresOf(address))]);
      refuseFirst(await rates.take([want('address', address)], 'closed'));
    },
    close: () => rates.close(),
  };
}

/** Why a credential was refused, as `authenticate` says it; undefined for other faults. */
export function refusalReason(error: unknown): string | undefined {
  return error instanceof Fault && error.code === 'unauthenticated'
    ? (error.options.detail ?? '').split(' ', 1)[0]
    : undefined;
}

/** For a call that is refused without a reason that a caller may learn. */
export function unauthenticated(reason: string, kid?: string): Fault {
  return fault('unauthenticated', { detail: kid === undefined ? reason : `${reason} kid=${kid}` });
}
