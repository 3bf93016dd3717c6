// Owns labels, taint, grants and decisions; and the treatment of untrusted text.
// Promises that a decision is pure and takes no model's word; that sanitising is idempotent and linear; that only `execute` runs
// anything, and only what was decided.
// Must never lower a label, nor let anything a tool returned widen a grant, justify itself or answer an approval.
export type { Approvals, Approver } from './approvals.ts';
export { BUILT_IN_LABELS } from './built-in-labels.ts';
export { type ContentTarget, findContentTargets } from './content-targets.ts';
export {
  type ExecuteOptions,
  type Labelled,
  type Run,
  type RunContext,
  type ToolResult,
  withStoredLabel,
} from './execution.ts';
export { FlowError, type FlowErrorCode } from './flow-error.ts';
export { createGateway, type Gateway, type GatewayOptions, type ReplayReport } from './gateway.ts';
export { decideGrant, type Grant, type GrantVerdict, type ProposedCall } from './grant.ts';
export { type AllowedLinks, inertLinks } from './inert-links.ts';
export { type Confidentiality, decideMerge, type Integrity, joinLabels, type Label } from './label.ts';
export type { Message } from './messages.ts';
export { type NameFlag, showInert } from './names.ts';
export {
  createPinBook,
  type Pin,
  type PinBook,
  type PinLine,
  type PinReport,
  type PinStatus,
  pinTools,
  type ToolDefinition,
} from './pins.ts';
export type { Past } from './recall.ts';
export { type Finding, type Json, sanitize, sanitizeValue } from './sanitize.ts';
export type { Answer, Session, SessionState } from './session.ts';
export type { Opening } from './session-cell.ts';
export type { Source } from './stated.ts';
export type { FrozenGrant, TaskGrant } from './task-grant.ts';
export type { ArgLabel, ArgRole, Effect, FieldLabel, Kind, OutputLabel, ToolLabel, ToolLabels } from './tool-label.ts';
export { type Audit, findBrokenEntry, type TraceEntry } from './trace.ts';
export { isStated, normalizeUrl, statedUrls } from './urls.ts';
export type { ApprovalCard, Arguments, CardArgument, Decision, PolicyOptions, Reason, RuleOfTwo } from './verdict.ts';
export { wrapUntrusted } from './wrapping.ts';
