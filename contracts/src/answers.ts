// The answers of the HTTP API, as the server writes them. A reader treats an unknown field or word as normal input (DEC-004).

import { type TSchema, Type } from 'typebox';
import { Action } from './actions.ts';
import { ApprovalPolicy } from './approval-policy.ts';
import { Approval, ApprovalSummary } from './approvals.ts';
import { AuditRecord } from './audit.ts';
import { RunUsage, TenantBudget, UsageGroup, UsagePage, UsageRecord, UsageTotals } from './billing.ts';
import { ContractSummary, ReleaseSummary } from './catalog.ts';
import { EgressDecision, EgressPolicy, EgressVerdict, Secret } from './egress.ts';
import { EventEnvelope, EventHeader } from './envelope.ts';
import { Budget } from './events.ts';
import { RunStatus } from './http.ts';
import { ApiKey, CreatedApiKey, CreatedTenant, Identity, SignInLink, Tenant, TokenDenial, User } from './members.ts';
import { Posture } from './posture.ts';
import { Certificate, Purge, RetentionPolicy } from './retention.ts';
import {
  type Answered,
  Confidentiality,
  Count,
  closed,
  Integrity,
  Money,
  orNull,
  Sha256,
  Time,
  Uuid,
  Word,
} from './shapes.ts';
import { Skill, SkillSummary, SkillVersion, SkillVersionSummary } from './skills.ts';

const Text = Type.String();
const Texts = Type.Array(Text);

const summary = {
  id: Uuid,
  tenant_id: Uuid,
  status: RunStatus,
  /** `name@version`. */
  skill: Word,
  /** Of the whole folder of the skill that this run was started with. */
  skill_digest: Sha256,
  model: Word,
  created_by: Uuid,
  created_at: Time,
  started_at: orNull(Time),
  ended_at: orNull(Time),
  error_code: orNull(Word),
  /** `seq` of the last event. */
  last_seq: Type.Integer(),
  /** Hash of the last event. */
  head: orNull(Sha256),
  usage: closed({ tokens: Count, cost: Money, calls: Count }),
  budget: Budget,
  /** Effects of which nobody knows whether they happened. */
  unknown_effects: Count,
};

/** A run as lists show it: no content is opened. */
export const RunSummary = closed(summary);
export type RunSummary = Answered<typeof RunSummary>;

export const Run = closed({
  ...summary,
  /** `expired`: task, input and result are gone and read as empty. */
  content_state: Type.Union([Type.Literal('present'), Type.Literal('expired')]),
  task: Text,
  input: closed({ urls: Type.Optional(Texts), artifacts: Type.Optional(Type.Array(Uuid)) }),
  result: orNull(closed({ outcome: Text, artifact_ids: Type.Array(Uuid) })),
});
export type Run = Answered<typeof Run>;

/** Word of a run that moved. */
export const RunHeadline = closed({ id: Uuid, status: RunStatus, last_seq: Type.Integer() });
export type RunHeadline = Answered<typeof RunHeadline>;

/** One row of the effect ledger: what a call was about to do to the world, and what became of it. */
export const Effect = closed({
  run_id: Uuid,
  key: Word,
  call_id: Word,
  tool: Word,
  /** `claimed`, `done`, `failed` or `unknown`. */
  state: Word,
  attempt: Count,
  /** True when a repeat under the same key does nothing twice. */
  idempotent: Type.Boolean(),
  claimed_at: Time,
  settled_at: orNull(Time),
  /** Before it a call that was lost may still be under way: nobody settles it. */
  settle_after: orNull(Time),
});
export type Effect = Answered<typeof Effect>;

/** A model that a run may name. */
export const ModelSummary = closed({
  name: Word,
  /** What a run gets that names none. */
  is_default: Type.Boolean(),
  /** True for one that is no language model but a set of rules. */
  rule_based: Type.Boolean(),
});
export type ModelSummary = Answered<typeof ModelSummary>;

const labels = { integrity: Integrity, confidentiality: Confidentiality, sources: Texts, created_at: Time };

export const Artifact = closed({
  id: Uuid,
  tenant_id: Uuid,
  run_id: orNull(Uuid),
  name: Text,
  media_type: Text,
  bytes: Count,
  sha256: Sha256,
  data_class: Word,
  ...labels,
});
export type Artifact = Answered<typeof Artifact>;

export const Entity = closed({
  id: Uuid,
  tenant_id: Uuid,
  run_id: Uuid,
  type: Word,
  version: Count,
  attributes: Type.Record(Text, Type.Unknown()),
  evidence: Type.Array(Uuid),
  ...labels,
});
export type Entity = Answered<typeof Entity>;

export const EntityTypeSummary = closed({
  name: Word,
  version: Count,
  /** JSON Schema of `attributes`. */
  attributes: Type.Object({}),
  identity: Texts,
  title: Word,
  /** Of the product, or defined by the tenant. */
  origin: Type.Union([Type.Literal('product'), Type.Literal('tenant')]),
  /** Counts the compatible changes of this version, from 1. */
  revision: Count,
  migration_note: orNull(Type.String()),
});
export type EntityTypeSummary = Answered<typeof EntityTypeSummary>;

/** Who the credential of this call stands for. */
export const Me = closed({
  tenant_id: Uuid,
  user_id: Uuid,
  /** The `id` of the API key, not its text; null for a session that was made from a one-time link. */
  api_key_id: orNull(Uuid),
  /** What the user is now; the scopes are never more than this role allows. */
  role: Word,
  scopes: Texts,
});
export type Me = Answered<typeof Me>;

/** The session of the cookie that came with the call. */
export const Session = closed({
  tenant_id: Uuid,
  tenant_name: Text,
  user_id: Uuid,
  user_name: Text,
  role: Word,
  /** The `id` of the API key that the session was made from; null when it was made from a one-time link. */
  api_key_id: orNull(Uuid),
  scopes: Texts,
  created_at: Time,
  /** Moves while the session is in use. */
  expires_at: Time,
});
export type Session = Answered<typeof Session>;

/** Relative to the server unless it knows its public address. */
export const SignedUrl = closed({ url: Text, expires_at: Time });
export type SignedUrl = Answered<typeof SignedUrl>;

export const Health = closed({ status: Type.Literal('ok') });
export type Health = Answered<typeof Health>;

export const Readiness = closed({
  status: Type.Union([Type.Literal('ready'), Type.Literal('not_ready')]),
  /** Why not; empty when ready. */
  codes: Texts,
  /** How far a migration has come, `migrating 3/9`; only while there is one. */
  detail: Type.Optional(Text),
});
export type Readiness = Answered<typeof Readiness>;

/** RFC 9457 problem details with our stable code. The request id is only in the header `x-request-id`. */
export const Problem = closed({
  type: Text,
  title: Text,
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  code: Word,
  /** `code` is stable, where there is one. */
  errors: Type.Optional(Type.Array(closed({ path: Text, message: Text, code: Type.Optional(Word) }))),
});
export type Problem = Answered<typeof Problem>;

export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** A page of what `item` describes. */
export function pageOf(item: TSchema): TSchema {
  return closed({ data: Type.Array(item), next_cursor: orNull(Text) });
}

/** One of two shapes. */
export function either(one: TSchema, other: TSchema): TSchema {
  return Type.Union([one, other]);
}

/** Every named answer, for the reference. */
export const ANSWERS: Readonly<Record<string, TSchema>> = {
  Action,
  ApiKey,
  Approval,
  ApprovalPolicy,
  ApprovalSummary,
  Artifact,
  AuditRecord,
  Certificate,
  CreatedApiKey,
  CreatedTenant,
  Effect,
  EgressDecision,
  EgressPolicy,
  EgressVerdict,
  Entity,
  ContractSummary,
  ReleaseSummary,
  EntityTypeSummary,
  EventEnvelope,
  EventHeader,
  Health,
  Identity,
  Me,
  ModelSummary,
  Posture,
  Problem,
  Purge,
  Readiness,
  RetentionPolicy,
  Run,
  RunSummary,
  Session,
  RunHeadline,
  RunUsage,
  Secret,
  SignedUrl,
  SignInLink,
  Skill,
  SkillSummary,
  SkillVersion,
  SkillVersionSummary,
  Tenant,
  TenantBudget,
  TokenDenial,
  UsageGroup,
  UsagePage,
  UsageRecord,
  UsageTotals,
  User,
};
