// The one table of classes and defaults, and what a tenant made of it. `app.kept_since` holds the same numbers; a test compares them.
import type { PutRetention, RetentionClass, RetentionPolicy } from '@sallyport/contracts';
import { RETENTION_CLASSES } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { type Row, sql, type TenantScope, type TenantTx } from '../db/db.ts';

export type KeptClass = RetentionClass | 'idempotency' | 'audit' | 'usage' | 'billing';

export interface RetentionRule {
  /** Null: as long as the tenant stands. */
  readonly days: number | null;
  readonly about: string;
}

export const RETENTION: Readonly<Record<KeptClass, RetentionRule>> = {
  run: {
    days: 365,
    about: 'Task, input, result and event payloads of a run, from its end. Envelopes and hashes stay.',
  },
  page: { days: 30, about: 'Pages and answers as they were fetched.' },
  artifact: { days: 365, about: 'What a run made: digests, files.' },
  upload: { days: 90, about: 'Files that people uploaded.' },
  rendering: { days: 30, about: 'What a model was shown of a source.' },
  entity: { days: 365, about: 'Typed findings.' },
  session: { days: 30, about: 'Sessions of browsers, from their end.' },
  idempotency: { days: 1, about: 'Answers to requests with an Idempotency-Key.' },
  audit: { days: null, about: 'The audit log: references, counts and digests.' },
  usage: { days: null, about: 'The ledger of what was used and what it cost.' },
  billing: { days: null, about: 'Ids, states and amounts of Stripe.' },
};

function isChangeable(name: string): name is RetentionClass {
  return (RETENTION_CLASSES as readonly string[]).includes(name);
}

export async function listRetention(scope: TenantScope): Promise<RetentionPolicy[]> {
  const own = new Map(
    await scope.rows(
      sql`select p.data_class, p.days from retention_policies p where ${scope.mine('p')}`,
      (row: Row): [string, number] => [row.text('data_class'), row.int('days')],
    ),
  );
  return Object.entries(RETENTION).map(([name, { days, about }]) => ({
    data_class: name,
    days: own.get(name) ?? days,
    default_days: days,
    changeable: isChangeable(name),
    about,
  }));
}

/** Holds from this moment, for what is there already too: a shorter time makes the older unreadable at once. */
export async function putRetention(tx: TenantTx, wanted: PutRetention): Promise<RetentionPolicy[]> {
  const detail: Record<string, number> = {};
  for (const name of RETENTION_CLASSES) if (wanted[name] !== undefined) detail[name] = wanted[name];
  const names = Object.keys(detail);
  const days = Object.values(detail);
  await tx.run(sql`insert into retention_policies (tenant_id, data_class, days)
    select ${tx.value}, n.data_class, n.days from unnest(${names}::text[], ${days}::int[]) as n(data_class, days) on conflict do nothing`);
  await tx.run(sql`update retention_policies p set days = n.days, updated_at = clock_timestamp()
    from unnest(${names}::text[], ${days}::int[]) as n(data_class, days) where ${tx.mine('p')} and p.data_class = n.data_class`);
  await recordAct(tx, { action: 'retention.changed', object: { kind: 'tenant', id: tx.tenantId }, detail });
  return listRetention(tx);
}
