// Owns what may be used: the money and tokens of a run while it works, the budgets of its tenant, the ledger of what was used; rates of calls.
// Promises that a call whose answer was lost is charged at its upper bound, never forgotten and never twice.
// Must never let a call begin that could take the run or its tenant past a budget.
import type { Budget } from '@sallyport/contracts';
import { microCents } from './money.ts';

export { formatMoney, microCents } from './money.ts';
export { type Rate, type Standing, standingOf, stepOf, takeFrom } from './rate-math.ts';
export { createRates, type RateScope, type RateSettings, type Rates, type Taken, type Wanted } from './rates.ts';
export {
  countLost,
  forgo,
  type LostStep,
  type ReservationId,
  type Reserved,
  reserve,
  type StepPrice,
  type StepUsage,
  settle,
  settleLost,
} from './reservations.ts';
export { budgetCaps, createBudget, getBudget, listBudgets, type TenantLimit, updateBudget } from './tenant-budgets.ts';

export interface Used {
  readonly tokens: number;
  readonly cost: string;
  readonly calls: number;
}

export type BudgetVerdict =
  | { readonly verdict: 'allow' }
  | {
      readonly verdict: 'block';
      readonly limit: 'tokens' | 'seconds' | 'calls' | 'cost';
      readonly allowed: string;
      readonly observed: string;
    };

/** Pure: may a step that uses at most `next` begin? */
export function decideBudget(
  budget: Budget,
  used: Used,
  next: { tokens: number; cost: string; calls: number; seconds: number },
): BudgetVerdict {
  const block = (
    limit: 'tokens' | 'seconds' | 'calls' | 'cost',
    allowed: number | string,
    observed: number,
  ): BudgetVerdict => ({
    verdict: 'block',
    limit,
    allowed: String(allowed),
    observed: String(observed),
  });
  if (used.tokens + next.tokens > budget.tokens) return block('tokens', budget.tokens, used.tokens + next.tokens);
  if (used.calls + next.calls > budget.calls) return block('calls', budget.calls, used.calls + next.calls);
  if (next.seconds > budget.seconds) return block('seconds', budget.seconds, Math.ceil(next.seconds));
  if (microCents(used.cost) + microCents(next.cost) > microCents(budget.cost))
    return block('cost', budget.cost, Number(used.cost) + Number(next.cost));
  return { verdict: 'allow' };
}
