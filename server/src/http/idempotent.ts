// `Idempotency-Key` on a route: the record and the effect in one transaction (RL6).
import type { TenantTx } from '../db/db.ts';
import { enterKeyed, fingerprint, parseIdempotencyKey, recordAnswer } from '../idempotency/idempotency.ts';
import type { UserPrincipal } from '../principal.ts';
import type { Answer } from './message/answer.ts';
import type { Incoming } from './route.ts';

interface KeyedCall extends Incoming {
  readonly principal: UserPrincipal;
  readonly body: unknown;
}

function nameOf(principal: UserPrincipal): string {
  if (principal.kind === 'key') return `key:${principal.keyId}`;
  return principal.kind === 'session' ? `session:${principal.sessionId}` : `user:${principal.userId}`;
}

export interface Keyed {
  readonly answer: Answer;
  /** True when the effect was made by this very request. */
  readonly fresh: boolean;
}

/**
 * Runs `work`, which makes one thing with an `id`, in a transaction and once for a key. `replay` keeps the answer and gives it again;
 * `once` keeps only that there was one, for answers that hold a secret.
 */
export async function idempotently(
  call: KeyedCall,
  route: { readonly method: string; readonly path: string; readonly idempotency: 'replay' | 'once' },
  work: (tx: TenantTx) => Promise<Answer>,
  /** What the path names: the same body for another thing is another request. */
  named: Readonly<Record<string, string>> = {},
): Promise<Keyed> {
  const { principal, services } = call;
  const text = call.header('idempotency-key');
  if (text === undefined) return { answer: await services.db.atomic(principal, work), fresh: true };
  const request = {
    principal: nameOf(principal),
    route: `${route.method} ${route.path}`,
    key: parseIdempotencyKey(text),
    fingerprint: fingerprint(Object.keys(named).length === 0 ? call.body : { named, body: call.body }),
  };
  return services.db.atomic(principal, async (tx) => {
    const stored = await enterKeyed(tx, request);
    if (stored !== undefined) {
      const { id } = JSON.parse(stored.body) as { readonly id: string };
      const headers = { 'idempotency-replayed': 'true', location: `${route.path}/${id}` };
      return { answer: { status: stored.status, headers, json: stored.body }, fresh: false };
    }
    const answer = await work(tx);
    const json = JSON.stringify(answer.body);
    await recordAnswer(tx, request, { status: answer.status, body: route.idempotency === 'replay' ? json : undefined });
    return { answer: { ...answer, json }, fresh: true };
  });
}
