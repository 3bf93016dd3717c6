// Reads the ledger: one row a step, and sums of it by day, skill, model or user.
import type { UsageGroup, UsageQuery, UsageRecord, UsageTotals } from '@sallyport/contracts';
import { type Row, type Statement, sql, type TenantScope } from '../db/db.ts';
import type { Id, RunId } from '../ids.ts';
import { formatMoney, microCents } from '../limits/limits.ts';

export type UsageId = Id<'usage'>;

const KEYS: Readonly<Record<NonNullable<UsageQuery['by']>, Statement<'open'>>> = {
  day: sql`u.day::text`,
  skill: sql`u.skill_name`,
  model: sql`u.model`,
  user: sql`u.user_id::text`,
};

const money = (text: string): string => formatMoney(microCents(text));

function readTotals(row: Row): UsageTotals {
  return {
    steps: Number(row.bigint('steps')),
    input_tokens: Number(row.text('input_tokens')),
    output_tokens: Number(row.text('output_tokens')),
    cached_tokens: Number(row.text('cached_tokens')),
    cost: money(row.text('cost')),
    lost_cost: money(row.text('lost_cost')),
  };
}

const SUMS: Statement<'open'> = sql`count(u.id) as steps, coalesce(sum(u.input_tokens), 0)::text as input_tokens,
  coalesce(sum(u.output_tokens), 0)::text as output_tokens, coalesce(sum(u.cached_tokens), 0)::text as cached_tokens,
  coalesce(sum(u.cost), 0)::text as cost, coalesce(sum(u.cost) filter (where u.settlement = 'lost'), 0)::text as lost_cost`;

/** Sums of the days `from` to `to`, both inside, in the order of their keys; only keys after `after`. */
export function sumUsage(
  scope: TenantScope,
  asked: {
    readonly by: NonNullable<UsageQuery['by']>;
    readonly from: string;
    readonly to: string;
    readonly after: string | undefined;
    readonly limit: number;
  },
): Promise<UsageGroup[]> {
  const key = sql.pick(asked.by, KEYS);
  return scope.rows(
    sql`select ${key} as key, ${SUMS} from usage u
        where ${scope.mine('u')} and u.day between ${asked.from}::date and ${asked.to}::date and ${sql.all(
          asked.after !== undefined && sql`${key} collate "C" > ${asked.after}`,
        )} group by 1 order by ${key} collate "C" limit ${asked.limit}`,
    (row: Row) => ({ key: row.text('key'), ...readTotals(row) }),
  );
}

export async function sumRun(scope: TenantScope, runId: RunId): Promise<UsageTotals | undefined> {
  return scope.first(sql`select ${SUMS} from usage u where ${scope.mine('u')} and u.run_id = ${runId}`, readTotals);
}

/** The rows of a run, newest first. */
export function listRunUsage(
  scope: TenantScope,
  runId: RunId,
  page: { readonly before?: UsageId | undefined; readonly limit: number },
): Promise<UsageRecord[]> {
  return scope.rows(
    sql`select u.id, u.run_id, u.effect_key, u.model, u.input_tokens, u.output_tokens, u.cached_tokens, u.cost::text as cost, u.settlement, u.over_reserved,
          u.price_id, u.price_input::text as price_input, u.price_output::text as price_output, u.created_at
        from usage u where ${scope.mine('u')} and u.run_id = ${runId} and ${sql.all(
          page.before !== undefined && sql`u.id < ${page.before}`,
        )} order by u.id desc limit ${page.limit}`,
    (row: Row) => ({
      id: row.text('id'),
      run_id: row.text('run_id'),
      effect_key: row.text('effect_key'),
      model: row.text('model'),
      input_tokens: Number(row.bigint('input_tokens')),
      output_tokens: Number(row.bigint('output_tokens')),
      cached_tokens: Number(row.bigint('cached_tokens')),
      cost: money(row.text('cost')),
      currency: 'USD',
      settlement: row.text('settlement') as UsageRecord['settlement'],
      over_reserved: row.bool('over_reserved'),
      price: {
        id: row.text('price_id'),
        input: money(row.text('price_input')),
        output: money(row.text('price_output')),
      },
      created_at: row.time('created_at').toISOString(),
    }),
  );
}
