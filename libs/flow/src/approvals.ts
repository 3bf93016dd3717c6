// Verdicts of people, each for one call, once, for a while (R18). No tool and no model holds a reference to this.
import { FlowError } from './flow-error.ts';
import type { ApprovalCard } from './verdict.ts';

export type Approver = (
  card: ApprovalCard,
  signal: AbortSignal,
) => Promise<{ readonly verdict: 'approve' | 'deny'; readonly approver: string }>;

export interface ApprovalVerdict {
  readonly token: string;
  readonly verdict: 'approve' | 'deny';
  readonly approver: string;
}

interface Kept extends ApprovalVerdict {
  readonly until: number;
}

const MOST_KEPT = 1_000;

export interface Approvals {
  /** Records a person's verdict. Throws `FlowError('bad_approval')` for a malformed, spent or contradicting one. */
  resolve(token: string, verdict: 'approve' | 'deny', approver: string): void;
  /** Cards that were held and have no verdict. */
  pending(): readonly ApprovalCard[];
  /** How often a person was asked (R20). */
  count(): number;
}

export interface ApprovalDesk extends Approvals {
  ask(card: ApprovalCard): void;
  /** Spends the verdict for this token; undefined when there is none, or it is too old. */
  take(token: string): ApprovalVerdict | undefined;
}

export function createApprovalDesk(
  clock: () => number,
  liveMs: number,
  record: (verdict: ApprovalVerdict) => void,
): ApprovalDesk {
  const verdicts = new Map<string, Kept>();
  const spent = new Set<string>();
  const held = new Map<string, ApprovalCard>();
  let asked = 0;
  const refuse = (message: string): never => {
    throw new FlowError('bad_approval', message);
  };
  return {
    resolve: (token, verdict, approver) => {
      if (!/^[0-9a-f]{64}$/.test(token)) refuse('The token is malformed.');
      if (verdict !== 'approve' && verdict !== 'deny') refuse('The verdict is malformed.');
      if (typeof approver !== 'string' || approver.trim() === '' || approver.length > 200)
        refuse('An approval names its approver.');
      if (spent.has(token)) refuse('The approval is spent.');
      const before = verdicts.get(token);
      if (before !== undefined && before.verdict === 'deny' && verdict === 'approve') refuse('The call was denied.');
      if (verdicts.size >= MOST_KEPT) refuse('Too many approvals are open.');
      verdicts.set(token, { token, verdict, approver, until: clock() + liveMs });
      held.delete(token);
      record({ token, verdict, approver });
    },
    pending: () => [...held.values()],
    count: () => asked,
    ask: (card) => {
      if (held.has(card.token)) return;
      asked++;
      if (held.size < MOST_KEPT) held.set(card.token, card);
    },
    take: (token) => {
      const kept = verdicts.get(token);
      if (kept === undefined) return undefined;
      verdicts.delete(token);
      held.delete(token);
      if (kept.verdict === 'approve' && clock() > kept.until) return undefined;
      spent.add(token);
      return kept;
    },
  };
}

/** Asks a person, and takes silence, failure and nonsense for a refusal. */
export async function askPerson(approver: Approver, card: ApprovalCard, liveMs: number): Promise<ApprovalVerdict> {
  const denied: ApprovalVerdict = { token: card.token, verdict: 'deny', approver: 'nobody' };
  const signal = AbortSignal.timeout(liveMs);
  const silence = new Promise<ApprovalVerdict>((resolve) =>
    signal.addEventListener('abort', () => resolve(denied), { once: true }),
  );
  const asked = approver(card, signal).then(
    (said): ApprovalVerdict =>
      said.verdict === 'approve' && typeof said.approver === 'string' && said.approver.trim() !== ''
        ? { token: card.token, verdict: 'approve', approver: said.approver }
        : denied,
    () => denied,
  );
  return Promise.race([asked, silence]);
}
