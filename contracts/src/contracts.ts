// Owns every shape that crosses a wire or rests on disk: events, entities, HTTP bodies.
// Promises closed writer schemas, open readers and versions that never change once released.
// Must never import anything of the server, nor do any input or output.
export type { AuditRecord } from './audit.ts';
export {
  type BillingStanding,
  CreateBudget,
  LinkCustomer,
  type TenantBudget,
  UpdateBudget,
  type UsageGroup,
  UsageQuery,
  type UsageRecord,
  type UsageTotals,
} from './billing.ts';
export {
  checkEntity,
  ENTITY_TYPES,
  type EntityType,
  findEntityType,
} from './entities.ts';
export {
  type Actor,
  Budget,
  checkEventData,
  EVENT_TYPES,
  EVENT_VERSION,
  type EventData,
  type EventEnvelope,
  type EventType,
  eventSchemas,
  type NewEvent,
  TERMINAL_EVENTS,
} from './events.ts';
export {
  type ApiKey,
  type Artifact,
  CancelRun,
  CreateApiKey,
  type CreatedApiKey,
  type CreatedTenant,
  CreateRun,
  CreateSignedUrl,
  CreateTenant,
  type Entity,
  type EntityTypeSummary,
  type Me,
  NoBody,
  OpenSession,
  type Page,
  type Problem,
  type Readiness,
  type Run,
  type RunHeadline,
  RunStatus,
  RunSummary,
  SCOPES,
  type Scope,
  type Session,
  type SignedUrl,
  type SkillSummary,
  type Tenant,
} from './http.ts';
export {
  ListArtifactsQuery,
  ListAuditQuery,
  ListEntitiesQuery,
  ListEventsQuery,
  ListRunsQuery,
  NoQuery,
  PageQuery,
  SignedQuery,
  StreamQuery,
} from './queries.ts';
export { Uuid } from './shapes.ts';
export { type Checked, type Checker, checker, type FieldProblem, type Schema, type Typed } from './validate.ts';
