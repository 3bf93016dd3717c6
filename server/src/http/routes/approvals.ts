// Held calls: an inbox, the card of each, and the decision of a person. No route lets a run answer one.
import {
  Approval,
  ApprovalPolicy,
  ApprovalSummary,
  DecideApproval,
  ListApprovalsQuery,
  PutApprovalPolicy,
  pageOf,
} from '@sallyport/contracts';
import { decideApproval, getApproval, getPolicy, listApprovals, putPolicy } from '../../approvals/approvals.ts';
import { type ApprovalId, asId, type RunId } from '../../ids.ts';
import { wakeRun } from '../../runs/runs.ts';
import { answer } from '../answer-spec.ts';
import { ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import { type Route, route } from '../route.ts';

export const approvalRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/approvals',
    access: 'approvals:read',
    summary: 'Lists held calls, newest first; of one state or one run when told.',
    query: ListApprovalsQuery,
    answers: [answer(pageOf(ApprovalSummary), 'A page of approvals, without their cards.')],
    handle: async ({ scope, principal, query }) => {
      const runId = query.run_id === undefined ? undefined : asId<RunId>(query.run_id);
      const read = (before: ApprovalId | undefined, limit: number) =>
        listApprovals(scope, principal, { state: query.state, runId, before, limit });
      return ok(await page(query, read, (approval) => approval.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/approvals/{id}',
    access: 'approvals:read',
    summary: 'Shows one held call: everything that would be executed, and whose word each argument is.',
    answers: [answer(Approval, 'The approval with its card.')],
    handle: async ({ scope, principal, params }) => ok(await getApproval(scope, principal, asId(params.id))),
  }),
  route({
    method: 'POST',
    path: '/v1/approvals/{id}/decision',
    access: 'approvals:decide',
    summary:
      'Approves or denies a held call, under the digest of the card that was looked at. A reason is needed to approve.',
    body: DecideApproval,
    sample: { verdict: 'approve', reason: 'Asked for by the customer.', digest: '0'.repeat(64) },
    answers: [answer(Approval, 'The approval as it stands now.')],
    faults: ['already_decided', 'card_changed', 'starter_may_not', 'approver_may_not', 'invalid_input'],
    handle: async ({ services, principal, scope, params, body }) => {
      const id = asId<ApprovalId>(params.id);
      const decided = await services.db.atomic(principal, async (tx) => {
        const done = await decideApproval(tx, principal, id, body);
        if (done.settled) await wakeRun(tx, done.runId);
        return done;
      });
      if (decided.settled) services.signals.ready();
      services.signals.touched(decided.runId);
      return ok(await getApproval(scope, principal, id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/approval-policy',
    access: 'approvals:read',
    summary: 'Shows who may approve in this tenant, how many people it takes, and how long a held call waits.',
    answers: [answer(ApprovalPolicy, 'The policy.')],
    handle: async ({ scope }) => ok(await getPolicy(scope)),
  }),
  route({
    method: 'PUT',
    path: '/v1/approval-policy',
    access: 'approvals:write',
    summary:
      'Changes it, for calls that are held from now on: what is left out stays. Making anything laxer is for an owner alone.',
    body: PutApprovalPolicy,
    sample: { starter_may_approve: false, seats: 2, expires_in: 3_600 },
    answers: [answer(ApprovalPolicy, 'The policy.')],
    faults: ['owner_only', 'unknown_reference'],
    handle: async ({ services, principal, body }) =>
      ok(await services.db.atomic(principal, (tx) => putPolicy(tx, principal, body))),
  }),
];
