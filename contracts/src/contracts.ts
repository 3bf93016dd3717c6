// Owns every shape that crosses a wire or rests on disk: events, entities, HTTP bodies.
// Promises closed writer schemas, open readers and versions that never change once released.
// Must never import anything of the server, nor do any input or output.

export { Action, type ActionArgument, CreateAction } from './actions.ts';
export {
  ANSWERS,
  Artifact,
  Effect,
  Entity,
  EntityTypeSummary,
  either,
  Health,
  Me,
  ModelSummary,
  type Page,
  Problem,
  pageOf,
  Readiness,
  Run,
  RunHeadline,
  RunSummary,
  Session,
  SignedUrl,
} from './answers.ts';
export {
  APPROVER_ROLES,
  ApprovalPolicy,
  ApprovalRule,
  type ApprovalRuleScope,
  ApproverRole,
  PutApprovalPolicy,
} from './approval-policy.ts';
export {
  Approval,
  ApprovalCard,
  type ApprovalState,
  ApprovalSummary,
  DecideApproval,
  Reason,
  ResolveEffect,
  Source,
} from './approvals.ts';
export { AuditRecord } from './audit.ts';
export {
  BillingStanding,
  CreateBudget,
  EventReceived,
  LinkCustomer,
  LinkedCustomer,
  RunUsage,
  TenantBudget,
  UpdateBudget,
  UsageGroup,
  UsagePage,
  UsageQuery,
  UsageRecord,
  UsageTotals,
} from './billing.ts';
export { ContractList, ContractSummary, ReleaseSummary } from './catalog.ts';
export {
  CheckEgress,
  CreateSecret,
  EgressDecision,
  EgressPolicy,
  EgressVerdict,
  PutEgressPolicy,
  PutSecret,
  Secret,
} from './egress.ts';
export {
  checkEntity,
  ENTITY_TYPES,
  type EntityType,
  findEntityType,
} from './entities.ts';
export { EventEnvelope, EventHeader } from './envelope.ts';
export {
  type Actor,
  Budget,
  checkEventData,
  EVENT_TYPES,
  EVENT_VERSIONS,
  type EventData,
  type EventType,
  eventSchemas,
  type NewEvent,
  TERMINAL_EVENTS,
} from './events.ts';
export {
  CancelRun,
  CreateApiKey,
  CreateEntityType,
  CreateRun,
  CreateSignedUrl,
  CreateTenant,
  NoBody,
  OpenSession,
  RunStatus,
  SCOPES,
  type Scope,
} from './http.ts';
export {
  AddIdentity,
  ApiKey,
  CreatedApiKey,
  CreatedTenant,
  CreateUser,
  DenyToken,
  Identity,
  ROLES,
  type Role,
  RotateApiKey,
  SignInLink,
  Tenant,
  TokenDenial,
  UpdateApiKey,
  UpdateTenant,
  UpdateUser,
  User,
} from './members.ts';
export { Posture } from './posture.ts';
export {
  ListApiKeysQuery,
  ListApprovalsQuery,
  ListArtifactsQuery,
  ListAuditQuery,
  ListEffectsQuery,
  ListEgressDecisionsQuery,
  ListEntitiesQuery,
  ListEventsQuery,
  ListRunsQuery,
  NoQuery,
  PageQuery,
  ReleaseQuery,
  SignedQuery,
  StreamQuery,
} from './queries.ts';
export { readerOf } from './reader.ts';
export {
  Certificate,
  DeleteTenant,
  Purge,
  PutRetention,
  RETENTION_CLASSES,
  type RetentionClass,
  RetentionPolicies,
  RetentionPolicy,
} from './retention.ts';
export { Uuid } from './shapes.ts';
export {
  ApproveSkill,
  Skill,
  type SkillChange,
  SkillFileQuery,
  SkillSummary,
  SkillVersion,
  SkillVersionSummary,
} from './skills.ts';
export { type Checked, type Checker, checker, type FieldProblem, type Schema, type Typed } from './validate.ts';
export {
  CONTRACT_RELEASES,
  CONTROL_MESSAGES,
  CONTROL_VERSION,
  ContractDeprecated,
  type ContractRelease,
  CURRENT_RELEASE,
  currentView,
  findRelease,
  type Head,
  isReadable,
  OLDEST_RELEASE,
  STEPS,
  type Step,
  StreamGap,
  viewFor,
} from './versions/versions.ts';
