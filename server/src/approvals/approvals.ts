// Owns held calls: what was asked, who decided, and whether the decision may still be used.
// Promises that a decision is for one call under one digest, once, for a while, by people whom the tenant's policy lets decide; silence denies.
// Must never be answered by a run, nor show or take a card outside its tenant.
export { type ApprovalDoors, type Decided, decideApproval } from './decide-approval.ts';
export { expireApprovals, tenantsWithDueApprovals } from './expire-approvals.ts';
export { type Held, type HeldCall, holdCall } from './hold-call.ts';
export { getPolicy, putPolicy } from './policy.ts';
export { askedBy, termsFor } from './policy-terms.ts';
export { type ApprovalFilter, getApproval, listApprovals } from './read-approvals.ts';
export { approvalStanding, spendApproval, voidApprovals } from './spend-approval.ts';
