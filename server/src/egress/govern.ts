// The ways out as one tool call of a tenant has them: the guard, the lists at every hop, the limits, the credential of the reader service.
import {
  type Decision,
  EgressError,
  type EgressGuard,
  type EgressResponse,
  type FetchInit,
  type Place,
} from '@sallyport/egress';
import type { Database, TenantScope } from '../db/db.ts';
import type { TenantPrincipal } from '../principal.ts';
import { openSecret } from '../secrets/secrets.ts';
import { chargeBytes, takeCall } from './allowance.ts';
import { type Listed, parseLists, permits } from './lists.ts';
import { readPolicy } from './policy.ts';

/** A service that fetches pages for us, when the deployment has one. */
export interface ReaderService {
  /** Where it is. */
  readonly place: { readonly host: string; readonly port: number };
  /** Judges the page fully, then reads it through the service; `key` in place of the deployment's own. Throws `EgressError` only. */
  read(url: string, init?: FetchInit, key?: string): Promise<EgressResponse>;
}

/** What a deployment has. */
export interface EgressWays {
  readonly guard: EgressGuard;
  readonly reader: ReaderService | undefined;
  /** The operator's lists: no tenant passes by them. */
  readonly deployment: Listed;
  /** Called with every credential before it is used: a log line that holds it is masked. */
  readonly register: (secret: string) => void;
}

/** Name of the tenant's own key for the reader service. */
export const READER_SECRET = 'reader';

export interface Governed {
  /** Straight to the address. */
  read(url: string, init?: FetchInit): Promise<EgressResponse>;
  /** A page by the way that tenant and deployment chose: the reader service, or straight. */
  readPage(url: string, init?: FetchInit): Promise<EgressResponse & { readonly by: 'direct' | 'reader' }>;
  /** One for each hop so far. */
  readonly decisions: readonly Decision[];
}

/** The ways of one call of `tool`. What the policy says is read when the call begins to go out. */
export function govern(ways: EgressWays, db: Database, principal: TenantPrincipal, tool: string): Governed {
  const scope = db.tenant(principal);
  const decisions: Decision[] = [];
  const go = async <T>(work: (init: FetchInit, reader: boolean) => Promise<T>, init: FetchInit): Promise<T> => {
    const policy = await readPolicy(scope);
    const over = await db.atomic(principal, (tx) => takeCall(tx, tool));
    if (over !== undefined) throw new EgressError('busy', over);
    const own = parseLists(policy);
    const from = decisions.length;
    try {
      return await work(
        {
          ...init,
          permit: (place) => judge(ways.deployment, own, place),
          onDecision: (decision) => void decisions.push(decision),
        },
        policy.reader,
      );
    } finally {
      const moved = decisions.slice(from).reduce((sum, decision) => sum + decision.encodedBytes, 0);
      await chargeBytes(scope, tool, moved);
    }
  };
  return {
    decisions,
    read: (url, init = {}) => go((narrowed) => ways.guard.read(url, narrowed), init),
    readPage: (url, init = {}) =>
      go(async (narrowed, wanted) => {
        const { reader } = ways;
        if (reader === undefined || !wanted)
          return { ...(await ways.guard.read(url, narrowed)), by: 'direct' as const };
        const key = await openSecret(scope, READER_SECRET, reader.place);
        if (!key.found && key.why === 'elsewhere')
          throw new EgressError('credentials', 'the key of the tenant is not for the reader service of the deployment');
        if (key.found) ways.register(key.value);
        return { ...(await reader.read(url, narrowed, key.found ? key.value : undefined)), by: 'reader' as const };
      }, init),
  };
}

function judge(deployment: Listed, own: Listed, { host, port }: Pick<Place, 'host' | 'port'>): string | undefined {
  return permits('the deployment', deployment, host, port) ?? permits('the tenant', own, host, port);
}

/** Would this URL pass, and why: the lists first, and then the guard's own judgement, without connecting. Addresses of what is refused are not told. */
export async function checkPlace(
  ways: Pick<EgressWays, 'guard' | 'deployment'>,
  scope: TenantScope,
  url: string,
): Promise<Pick<Decision, 'verdict' | 'code' | 'rule' | 'host' | 'port' | 'addresses'>> {
  const own = parseLists(await readPolicy(scope));
  const decision = await ways.guard.check(url, (place) => judge(ways.deployment, own, place));
  const { verdict, code, rule, host, port } = decision;
  return {
    verdict,
    ...(code === undefined ? {} : { code }),
    ...(rule === undefined ? {} : { rule }),
    host,
    port,
    addresses: verdict === 'allow' ? decision.addresses : [],
  };
}
