// Held calls: what waits for a person, its card, and the decision.
import type {
  Approval,
  ApprovalPolicy,
  ApprovalState,
  ApprovalSummary,
  DecideApproval,
  Page,
  PutApprovalPolicy,
} from '@sallyport/contracts';
import { eachOf, type PageQuery } from '../pages.ts';
import { segment, type Transport } from '../transport.ts';

export interface ApprovalQuery extends PageQuery {
  readonly state?: ApprovalState | undefined;
  readonly run_id?: string | undefined;
}

export interface Approvals {
  /** Every held call, newest first, without its card. */
  list(query?: ApprovalQuery): AsyncGenerator<ApprovalSummary>;
  listPage(query?: ApprovalQuery): Promise<Page<ApprovalSummary>>;
  /** With everything that would be executed. */
  get(id: string, signal?: AbortSignal): Promise<Approval>;
  /** `already_decided`, `card_changed` or `starter_may_not` (409 or 403) when it may not be. */
  decide(id: string, decision: DecideApproval): Promise<Approval>;
  policy(signal?: AbortSignal): Promise<ApprovalPolicy>;
  /** What is left out stays as it is. `owner_only` (403) when it would be laxer and no owner asks. */
  setPolicy(policy: PutApprovalPolicy): Promise<ApprovalPolicy>;
}

export function createApprovals(transport: Transport): Approvals {
  const at = (id: string, rest = ''): string => `v1/approvals/${segment(id)}${rest}`;
  const listPage = ({ signal, ...query }: ApprovalQuery = {}): Promise<Page<ApprovalSummary>> =>
    transport.json('v1/approvals', { query: { ...query }, signal });
  return {
    list: (query = {}) => eachOf(query, listPage),
    listPage,
    get: (id, signal) => transport.json(at(id), { signal }),
    decide: (id, decision) => transport.json(at(id, '/decision'), { method: 'POST', json: decision }),
    policy: (signal) => transport.json('v1/approval-policy', { signal }),
    setPolicy: (policy) => transport.json('v1/approval-policy', { method: 'PUT', json: policy }),
  };
}
