// Reads runs. Lists never open a payload; one run's page does.
import type { Run, RunStatus, RunSummary } from '@sallyport/contracts';
import { type Row, sql, type TenantScope } from '../db/db.ts';
import { fault } from '../errors.ts';
import { asId, type RunId, type TenantId } from '../ids.ts';

export interface RunRecord {
  readonly id: RunId;
  readonly status: RunStatus;
  readonly lastSeq: number;
  readonly head: Uint8Array | null;
}

export interface RunGrant {
  readonly tools: readonly { readonly tool: string; readonly count?: number }[];
  readonly hosts: readonly string[];
  readonly urls: readonly string[];
  readonly artifacts: readonly string[];
  readonly entityTypes: readonly string[];
}

/** What a worker needs to drive a run. */
export interface RunWork {
  readonly id: RunId;
  readonly tenantId: TenantId;
  readonly userId: string;
  readonly skillName: string;
  readonly skillVersion: string;
  readonly skillDigest: string;
  readonly model: string;
  readonly task: string;
  readonly input: Run['input'];
  readonly grant: RunGrant;
  readonly status: RunStatus;
  readonly lastSeq: number;
  readonly budget: RunSummary['budget'];
  readonly usage: RunSummary['usage'];
  readonly createdAt: Date;
  readonly startedAt: Date | null;
}

function trimMoney(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}

function readSummary(row: Row): RunSummary {
  const head = row.bytesOrNull('head');
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    status: row.text('status') as RunStatus,
    skill: `${row.text('skill_name')}@${row.text('skill_version')}`,
    skill_digest: Buffer.from(row.bytes('skill_digest')).toString('hex'),
    model: row.text('model'),
    created_by: row.text('user_id'),
    created_at: row.time('created_at').toISOString(),
    started_at: row.timeOrNull('started_at')?.toISOString() ?? null,
    ended_at: row.timeOrNull('ended_at')?.toISOString() ?? null,
    error_code: row.textOrNull('error_code'),
    last_seq: row.int('last_seq'),
    head: head === null ? null : Buffer.from(head).toString('hex'),
    usage: {
      tokens: Number(row.bigint('used_tokens')),
      cost: trimMoney(row.text('used_cost')),
      calls: row.int('used_calls'),
    },
    budget: {
      tokens: Number(row.bigint('budget_tokens')),
      cost: trimMoney(row.text('budget_cost')),
      seconds: row.int('budget_seconds'),
      calls: row.int('budget_calls'),
    },
    unknown_effects: row.int('unknown_effects'),
  };
}

export async function findRun(scope: TenantScope, id: RunId): Promise<RunRecord | undefined> {
  return scope.first(
    sql`select r.id, r.status, r.last_seq, r.head from runs r where ${scope.mine('r')} and r.id = ${id}`,
    (row: Row) => ({
      id: asId<RunId>(row.text('id')),
      status: row.text('status') as RunStatus,
      lastSeq: row.int('last_seq'),
      head: row.bytesOrNull('head'),
    }),
  );
}

/** Throws `not_found`. */
export async function getRunRecord(scope: TenantScope, id: RunId): Promise<RunRecord> {
  const run = await findRun(scope, id);
  if (run === undefined) throw fault('not_found');
  return run;
}

export async function getRun(scope: TenantScope, id: RunId): Promise<Run> {
  const run = await scope.first(
    sql`select r.id, r.tenant_id, r.status, r.skill_name, r.skill_version, r.skill_digest, r.model, r.user_id, r.created_at, r.started_at, r.ended_at, r.error_code, r.last_seq, r.head,
          r.used_tokens, r.used_cost::text as used_cost, r.used_calls, r.budget_tokens, r.budget_cost::text as budget_cost, r.budget_seconds, r.budget_calls,
          (select count(*)::int from effects f where ${scope.mine('f')} and f.run_id = r.id and f.state = 'unknown') as unknown_effects,
          r.task, r.input, r.key_id as sealed_by, r.result, r.result_key_id as result_sealed_by,
          r.content_state = 'present' and (r.ended_at is null or r.ended_at > (select app.kept_since('run'))) as open
        from runs r where ${scope.mine('r')} and r.id = ${id}`,
    (row: Row): Run => {
      // Unreadable from the moment of expiry, whether the sweep came by or not (RT1).
      if (!row.bool('open'))
        return { ...readSummary(row), content_state: 'expired', task: '', input: {}, result: null };
      const result = row.contentOrNull('runs.result', id);
      return {
        ...readSummary(row),
        content_state: 'present',
        task: row.contentText('runs.task', id),
        input: row.contentJson<Run['input']>('runs.input', id),
        result: result === null ? null : (JSON.parse(Buffer.from(result).toString('utf8')) as Run['result']),
      };
    },
  );
  if (run === undefined) throw fault('not_found');
  return run;
}

export interface RunFilter {
  readonly status?: RunStatus | undefined;
  readonly skill?: string | undefined;
  readonly createdBy?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
  /** Sought in the open columns alone. */
  readonly text?: string | undefined;
  /** Waiting for a person, or with an effect of an unknown end. */
  readonly attention?: boolean | undefined;
  /** Newest first; only runs older than this id. */
  readonly before?: RunId | undefined;
  readonly limit: number;
}

export async function listRuns(scope: TenantScope, filter: RunFilter): Promise<RunSummary[]> {
  // Both lists are short and have an index of their own: the runs themselves are then found by id.
  const among =
    filter.attention === true
      ? sql`${scope.mine('r')} and r.id = any (
          array(select w.id from runs w where ${scope.mine('w')} and w.status = 'waiting')
          || array(select f.run_id from effects f where ${scope.mine('f')} and f.state = 'unknown'))`
      : sql`${scope.mine('r')}`;
  return scope.rows(
    sql`select r.id, r.tenant_id, r.status, r.skill_name, r.skill_version, r.skill_digest, r.model, r.user_id, r.created_at, r.started_at, r.ended_at, r.error_code, r.last_seq, r.head,
          r.used_tokens, r.used_cost::text as used_cost, r.used_calls, r.budget_tokens, r.budget_cost::text as budget_cost, r.budget_seconds, r.budget_calls,
          (select count(*)::int from effects f where ${scope.mine('f')} and f.run_id = r.id and f.state = 'unknown') as unknown_effects
        from runs r where ${among} and ${sql.all(
          filter.status !== undefined && sql`r.status = ${filter.status}`,
          filter.skill !== undefined && sql`r.skill_name = ${filter.skill}`,
          filter.createdBy !== undefined && sql`r.user_id = ${filter.createdBy}`,
          filter.from !== undefined && sql`r.created_at >= ${filter.from}`,
          filter.to !== undefined && sql`r.created_at < ${filter.to}`,
          filter.text !== undefined &&
            sql`position(lower(${filter.text}) in lower(concat_ws(' ', r.id, r.skill_name || '@' || r.skill_version, r.model, r.error_code))) > 0`,
          filter.before !== undefined && sql`r.id < ${filter.before}`,
        )} order by r.id desc limit ${filter.limit}`,
    readSummary,
  );
}

/** The claimed run with its task, input and grant. */
export async function loadWork(scope: TenantScope, id: RunId): Promise<RunWork> {
  const work = await scope.first(
    sql`select r.id, r.tenant_id, r.status, r.skill_name, r.skill_version, r.skill_digest, r.model, r.user_id, r.created_at, r.started_at, r.ended_at, r.error_code, r.last_seq, r.head,
          r.used_tokens, r.used_cost::text as used_cost, r.used_calls, r.budget_tokens, r.budget_cost::text as budget_cost, r.budget_seconds, r.budget_calls, 0 as unknown_effects,
          r.task, r.input, r.run_grant, r.key_id as sealed_by
        from runs r where ${scope.mine('r')} and r.id = ${id}`,
    (row: Row): RunWork => {
      const summary = readSummary(row);
      return {
        id,
        tenantId: asId<TenantId>(summary.tenant_id),
        userId: summary.created_by,
        skillName: row.text('skill_name'),
        skillVersion: row.text('skill_version'),
        skillDigest: summary.skill_digest,
        model: summary.model,
        task: row.contentText('runs.task', id),
        input: row.contentJson<Run['input']>('runs.input', id),
        grant: row.contentJson<RunGrant>('runs.run_grant', id),
        status: summary.status,
        lastSeq: summary.last_seq,
        budget: summary.budget,
        usage: summary.usage,
        createdAt: row.time('created_at'),
        startedAt: row.timeOrNull('started_at'),
      };
    },
  );
  if (work === undefined) throw fault('not_found');
  return work;
}
