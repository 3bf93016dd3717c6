// Reads approvals as one person sees them. Lists never open a card; one approval's page does.
import type { Approval, ApprovalCard, ApprovalState, ApprovalSummary, ApproverRole } from '@sallyport/contracts';
import { type Row, sql, type TenantScope } from '../db/db.ts';
import { fault } from '../errors.ts';
import type { ApprovalId, RunId } from '../ids.ts';
import type { UserPrincipal } from '../principal.ts';
import { refusalOf } from './policy-terms.ts';

/** Whose eyes it is shown to. */
export type Viewer = Pick<UserPrincipal, 'userId' | 'role'>;

export interface ApprovalFilter {
  readonly state?: ApprovalState | undefined;
  readonly runId?: RunId | undefined;
  readonly before?: ApprovalId | undefined;
  readonly limit: number;
}

/** A card quotes what its run read: it is unreadable from the moment at which the run's contents are (RT1). */
const kept = sql`r.content_state = 'present' and (r.ended_at is null or r.ended_at > (select app.kept_since('run')))`;
const columns = sql`a.id, a.tenant_id, a.run_id, a.call_id, a.tool, a.effect, a.rule, a.digest, a.seats, a.starter_may, a.roles, a.barred::text[] as barred, a.requested_at, a.expires_at, a.decided_at,
  r.user_id as started_by, case when a.state = 'pending' and a.expires_at <= clock_timestamp() then 'expired' else a.state end as standing`;

/** Why this person may not approve; null when nothing is in the way but the scope of the credential. */
function barredFor(row: Row, viewer: Viewer, taken: boolean): string | null {
  if (row.text('standing') !== 'pending') return 'not_pending';
  if (taken) return 'seat_taken';
  const terms = {
    ...{ starterMay: row.bool('starter_may'), startedBy: row.text('started_by') },
    ...{ roles: row.textArray('roles'), barred: row.textArray('barred') },
  };
  return refusalOf(terms, viewer) ?? null;
}

function readSummary(row: Row, viewer: Viewer): ApprovalSummary {
  return {
    id: row.text('id'),
    tenant_id: row.text('tenant_id'),
    run_id: row.text('run_id'),
    call_id: row.text('call_id'),
    tool: row.text('tool'),
    effect: row.text('effect'),
    rule: row.text('rule'),
    state: row.text('standing') as ApprovalState,
    digest: Buffer.from(row.bytes('digest')).toString('hex'),
    seats: row.int('seats'),
    approvals: Number(row.bigint('approvals')),
    roles: row.textArray('roles') as ApproverRole[],
    started_by: row.text('started_by'),
    barred: barredFor(row, viewer, row.bool('mine')),
    requested_at: row.time('requested_at').toISOString(),
    expires_at: row.time('expires_at').toISOString(),
    decided_at: row.timeOrNull('decided_at')?.toISOString() ?? null,
  };
}

/** Said so that an index of the stored state serves: a card whose time is over is expired before anybody wrote that down. */
function stateFilter(state: ApprovalState | undefined) {
  if (state === undefined) return [];
  if (state === 'pending') return [sql`a.state = 'pending'`, sql`a.expires_at > clock_timestamp()`];
  if (state !== 'expired') return [sql`a.state = ${state}`];
  return [sql`(a.state = 'expired' or (a.state = 'pending' and a.expires_at <= clock_timestamp()))`];
}

/** Newest first. */
export async function listApprovals(
  scope: TenantScope,
  viewer: Viewer,
  filter: ApprovalFilter,
): Promise<ApprovalSummary[]> {
  return scope.rows(
    sql`select ${columns},
          (select count(1) from approval_seats s where ${scope.mine('s')} and s.approval_id = a.id and s.verdict = 'approve') as approvals,
          exists (select 1 from approval_seats s where ${scope.mine('s')} and s.approval_id = a.id and s.user_id = ${viewer.userId}) as mine
        from approvals a join runs r on r.tenant_id = a.tenant_id and r.id = a.run_id
        where ${scope.mine('a')} and ${scope.mine('r')} and ${kept} and ${sql.all(
          ...stateFilter(filter.state),
          filter.runId !== undefined && sql`a.run_id = ${filter.runId}`,
          filter.before !== undefined && sql`a.id < ${filter.before}`,
        )} order by a.id desc limit ${filter.limit}`,
    (row: Row) => readSummary(row, viewer),
  );
}

/** Throws `not_found`. */
export async function getApproval(scope: TenantScope, viewer: Viewer, id: ApprovalId): Promise<Approval> {
  const decisions = await scope.rows(
    sql`select s.user_id, s.verdict, s.note, s.key_id as sealed_by, s.decided_at from approval_seats s
        where ${scope.mine('s')} and s.approval_id = ${id} order by s.decided_at`,
    (row: Row): Approval['decisions'][number] => {
      const userId = row.text('user_id');
      const note = row.contentOrNull('approval_seats.note', `${id}:${userId}`);
      return {
        user_id: userId,
        verdict: row.text('verdict') as 'approve' | 'deny',
        reason: note === null ? null : Buffer.from(note).toString('utf8'),
        decided_at: row.time('decided_at').toISOString(),
      };
    },
  );
  const found = await scope.first(
    sql`select ${columns}, a.card, a.key_id as sealed_by,
          (select count(1) from approval_seats s where ${scope.mine('s')} and s.approval_id = a.id and s.verdict = 'approve') as approvals,
          exists (select 1 from approval_seats s where ${scope.mine('s')} and s.approval_id = a.id and s.user_id = ${viewer.userId}) as mine
        from approvals a join runs r on r.tenant_id = a.tenant_id and r.id = a.run_id
        where ${scope.mine('a')} and ${scope.mine('r')} and ${kept} and a.id = ${id}`,
    (row: Row): Approval => ({
      ...readSummary(row, viewer),
      card: row.contentJson<ApprovalCard>('approvals.card', id),
      decisions,
    }),
  );
  if (found === undefined) throw fault('not_found');
  return found;
}
