// How a tenant stands with the payment provider. A state that is late or unknown starts no run, and deletes nothing (ST13).
import type { BillingStanding } from '@sallyport/contracts';
import { type Row, sql, type TenantScope } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { Mode } from './apply-object.ts';

/** The provider tries to deliver an event for three days: a period that ended longer ago is not known to go on. */
const GRACE_SECONDS = 259_200;

export async function mayStartRuns(scope: TenantScope, mode: Mode): Promise<boolean> {
  const good = await scope.first(
    sql`select s.subscription_id from billing_subscriptions s where ${scope.mine('s')} and s.mode = ${mode} and s.status in ('active', 'trialing')
        and s.period_end + make_interval(secs => ${GRACE_SECONDS}) > clock_timestamp() limit 1`,
    () => true,
  );
  return good === true;
}

export async function demandEntitled(scope: TenantScope, mode: Mode): Promise<void> {
  if (!(await mayStartRuns(scope, mode))) throw fault('payment_required');
}

export async function describeStanding(scope: TenantScope, mode: Mode): Promise<BillingStanding> {
  const subscriptions = await scope.rows(
    sql`select s.subscription_id, s.status, s.price_id, s.period_end from billing_subscriptions s
        where ${scope.mine('s')} and s.mode = ${mode} order by s.subscription_id limit 100`,
    (row: Row) => ({
      id: row.text('subscription_id'),
      status: row.text('status'),
      price_id: row.textOrNull('price_id'),
      period_end: row.timeOrNull('period_end')?.toISOString() ?? null,
    }),
  );
  const paid = await scope.rows(
    sql`select b.currency, b.paid_minor from billing_balances b where ${scope.mine('b')} and b.mode = ${mode} order by b.currency limit 200`,
    (row: Row) => ({ currency: row.text('currency'), amount_minor: row.bigint('paid_minor').toString() }),
  );
  return { mode, may_start_runs: await mayStartRuns(scope, mode), subscriptions, paid };
}
