// One person's word on a held call. Seat, state, event and audit record are one transaction under the run's row lock.
import type { DecideApproval, NewEvent } from '@sallyport/contracts';
import { recordAct } from '../audit/audit.ts';
import { absent, type Row, sql, type TenantTx } from '../db/db.ts';
import { fault } from '../errors.ts';
import { append, lockRun } from '../events/events.ts';
import { type ApprovalId, asId, type RunId, type UserId } from '../ids.ts';
import type { UserPrincipal } from '../principal.ts';
import { refusalOf } from './policy-terms.ts';

export interface Decided {
  readonly runId: RunId;
  /** False while another seat is empty. */
  readonly settled: boolean;
}

/** An approval is for now: a worker that comes later than this does not use it. */
const USABLE_SECONDS = 3_600;

interface Standing {
  readonly runId: RunId;
  readonly callId: string;
  readonly tool: string;
  readonly state: string;
  readonly digest: string;
  readonly seats: number;
  readonly starterMay: boolean;
  readonly startedBy: string;
  readonly roles: readonly string[];
  readonly barred: readonly string[];
  readonly late: boolean;
}

async function lockStanding(
  tx: TenantTx,
  id: ApprovalId,
): Promise<Standing & { head: Awaited<ReturnType<typeof lockRun>> }> {
  const runId = await tx.first(
    sql`select a.run_id from approvals a where ${tx.mine('a')} and a.id = ${id}`,
    (row: Row) => asId<RunId>(row.text('run_id')),
  );
  if (runId === undefined) throw fault('not_found');
  // The row of the run comes first, here as everywhere; the approval is read again under it.
  const head = await lockRun(tx, runId, { kind: 'control' });
  const standing = await tx.first(
    sql`select a.call_id, a.tool, a.state, a.digest, a.seats, a.starter_may, a.roles, a.barred::text[] as barred, r.user_id, a.expires_at <= clock_timestamp() as late
        from approvals a join runs r on r.tenant_id = a.tenant_id and r.id = a.run_id
        where ${tx.mine('a')} and ${tx.mine('r')} and a.id = ${id}`,
    (row: Row): Standing => ({
      runId,
      callId: row.text('call_id'),
      tool: row.text('tool'),
      state: row.text('state'),
      digest: Buffer.from(row.bytes('digest')).toString('hex'),
      seats: row.int('seats'),
      starterMay: row.bool('starter_may'),
      startedBy: row.text('user_id'),
      roles: row.textArray('roles'),
      barred: row.textArray('barred'),
      late: row.bool('late'),
    }),
  );
  if (standing === undefined) throw fault('not_found');
  return { ...standing, head };
}

function demandOpen(standing: Standing, decision: DecideApproval): void {
  const state = standing.state === 'pending' && standing.late ? 'expired' : standing.state;
  if (state !== 'pending') throw fault('already_decided', { fields: [{ path: '/state', message: state }] });
  if (decision.digest !== standing.digest) throw fault('card_changed');
  if (decision.verdict === 'approve' && decision.reason === undefined)
    throw fault('invalid_input', { fields: [{ path: '/reason', message: 'is needed to approve' }] });
}

/** By the terms that were fixed when the call was held. Whoever may not approve may still deny. */
function demandMayApprove(standing: Standing, person: UserPrincipal): void {
  const refusal = refusalOf(standing, person);
  if (refusal !== undefined) throw fault(refusal);
}

/** Removed by tests and proofs only (DEC-011). */
export interface ApprovalDoors {
  /** Who may not approve, by the terms of the call, is refused here. */
  readonly people: boolean;
}

/** Throws `not_found`, `already_decided`, `card_changed`, `starter_may_not`, `approver_may_not`, `invalid_input`. */
export async function decideApproval(
  tx: TenantTx,
  principal: UserPrincipal,
  id: ApprovalId,
  decision: DecideApproval,
  doors: ApprovalDoors = { people: true },
): Promise<Decided> {
  const { head, ...standing } = await lockStanding(tx, id);
  demandOpen(standing, decision);
  if (decision.verdict === 'approve' && doors.people) demandMayApprove(standing, principal);
  await takeSeat(tx, principal.userId, id, decision);
  // Who was disabled since, or lost the role, does not count: another person takes that seat.
  const voters = await tx.rows(
    sql`select s.user_id from approval_seats s join users u on u.tenant_id = s.tenant_id and u.id = s.user_id
        where ${tx.mine('s')} and ${tx.mine('u')} and s.approval_id = ${id} and s.verdict = 'approve'
          and u.state = 'active' and u.role = any(${[...standing.roles]}::text[]) order by s.decided_at`,
    (row: Row) => row.text('user_id'),
  );
  const denied = decision.verdict === 'deny';
  const settled = denied || voters.length >= standing.seats;
  await recordAct(tx, {
    action: denied ? 'approval.denied' : 'approval.approved',
    object: { kind: 'approval', id },
    detail: {
      run_id: standing.runId,
      tool: standing.tool,
      digest: standing.digest,
      seat: voters.length,
      seats: standing.seats,
    },
  });
  if (!settled) return { runId: standing.runId, settled };
  const state = denied ? 'denied' : 'approved';
  await tx.run(sql`update approvals a set state = ${state}, decided_at = clock_timestamp(),
      use_before = clock_timestamp() + make_interval(secs => ${USABLE_SECONDS})
    where ${tx.mine('a')} and a.id = ${id} and a.state = 'pending'`);
  const named = { call_id: standing.callId, tool: standing.tool };
  const event: NewEvent = denied
    ? {
        type: 'tool.call.denied',
        actor: { kind: 'user', id: principal.userId },
        data: {
          ...named,
          reason: 'denied_by_person',
          detail: 'A person denied the call.',
          by: { kind: 'person', user_id: principal.userId, approval_id: id, digest: standing.digest },
        },
      }
    : {
        type: 'tool.call.approved',
        actor: { kind: 'user', id: principal.userId },
        data: { ...named, approval_id: id, digest: standing.digest, decided_by: voters },
      };
  await append(tx, head, { kind: 'control' }, [event]);
  return { runId: standing.runId, settled };
}

async function takeSeat(tx: TenantTx, userId: UserId, id: ApprovalId, decision: DecideApproval): Promise<void> {
  const content = await tx.content();
  const note =
    decision.reason === undefined
      ? absent('approval_seats.note')
      : content.seal('approval_seats.note', `${id}:${userId}`, decision.reason);
  const taken = await tx.run(sql`insert into approval_seats (tenant_id, approval_id, user_id, verdict, note, key_id)
    values (${tx.value}, ${id}, ${userId}, ${decision.verdict}, ${note}, ${content.keyId}) on conflict do nothing`);
  if (taken === 0) throw fault('already_decided', { fields: [{ path: '/seat', message: 'is taken by you' }] });
}
