// Owns the bodies of the HTTP API: what a request may hold and what an answer holds. JSON is snake_case.
// Promises strict requests: unknown fields are refused.
// Must never name a tenant in a request body of a tenant's caller: the tenant comes from the credential.
import { type Static, Type } from 'typebox';
import { Budget } from './events.ts';
import { Count, closed, Money, Sha256, Time, Uuid, Word } from './shapes.ts';

export const RunStatus = Type.Union([
  Type.Literal('queued'),
  Type.Literal('running'),
  Type.Literal('waiting'),
  Type.Literal('succeeded'),
  Type.Literal('failed'),
  Type.Literal('cancelled'),
]);
export type RunStatus = 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled';

const Url = Type.String({ minLength: 8, maxLength: 4_000, pattern: '^https?://' });

export const CreateRun = closed({
  /** `name` or `name@version`. */
  skill: Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*(@[0-9]+\\.[0-9]+\\.[0-9]+)?$', maxLength: 100 }),
  task: Type.String({ minLength: 1, maxLength: 20_000 }),
  input: Type.Optional(
    closed({
      urls: Type.Optional(Type.Array(Url, { maxItems: 50 })),
      artifacts: Type.Optional(Type.Array(Uuid, { maxItems: 50 })),
    }),
  ),
  model: Type.Optional(Word),
  budget: Type.Optional(
    closed({
      tokens: Type.Optional(Count),
      cost: Type.Optional(Money),
      seconds: Type.Optional(Count),
      calls: Type.Optional(Count),
    }),
  ),
});
export type CreateRun = Static<typeof CreateRun>;

/** A run as lists show it: no content is opened. */
export const RunSummary = closed({
  id: Uuid,
  tenant_id: Uuid,
  status: RunStatus,
  skill: Word,
  model: Word,
  created_by: Uuid,
  created_at: Time,
  started_at: Type.Union([Time, Type.Null()]),
  ended_at: Type.Union([Time, Type.Null()]),
  error_code: Type.Union([Word, Type.Null()]),
  last_seq: Type.Integer(),
  head: Type.Union([Sha256, Type.Null()]),
  usage: closed({ tokens: Count, cost: Money, calls: Count }),
  budget: Budget,
});
export type RunSummary = Static<typeof RunSummary>;

export interface Run extends RunSummary {
  readonly task: string;
  readonly input: { readonly urls?: string[]; readonly artifacts?: string[] };
  readonly result: { readonly outcome: string; readonly artifact_ids: string[] } | null;
}

/** Word of a run that moved. */
export type RunHeadline = Pick<RunSummary, 'id' | 'status' | 'last_seq'>;

export interface Artifact {
  readonly id: string;
  readonly tenant_id: string;
  readonly run_id: string | null;
  readonly name: string;
  readonly media_type: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly data_class: string;
  readonly integrity: 'trusted' | 'untrusted';
  readonly confidentiality: 'public' | 'private';
  readonly sources: readonly string[];
  readonly created_at: string;
}

export interface Entity {
  readonly id: string;
  readonly tenant_id: string;
  readonly run_id: string;
  readonly type: string;
  readonly version: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly evidence: readonly string[];
  readonly integrity: 'trusted' | 'untrusted';
  readonly confidentiality: 'public' | 'private';
  readonly sources: readonly string[];
  readonly created_at: string;
}

export const SCOPES = [
  'runs:read',
  'runs:write',
  'artifacts:read',
  'artifacts:write',
  'entities:read',
  'keys:read',
  'keys:write',
  'audit:read',
  'usage:read',
  'budgets:read',
  'budgets:write',
  'billing:read',
] as const;
export type Scope = (typeof SCOPES)[number];

export const CreateApiKey = closed({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  env: Type.Optional(Type.Union([Type.Literal('live'), Type.Literal('test')])),
  scopes: Type.Optional(
    Type.Array(Type.Unsafe<Scope>(Type.Union(SCOPES.map((scope) => Type.Literal(scope)))), {
      minItems: 1,
      maxItems: 20,
    }),
  ),
  /** Seconds from now; 90 days unless told, a year at most. */
  expires_in: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_536_000 })),
});
export type CreateApiKey = Static<typeof CreateApiKey>;

export interface ApiKey {
  readonly id: string;
  readonly tenant_id: string;
  readonly key_id: string;
  readonly user_id: string;
  readonly env: 'live' | 'test';
  readonly name: string;
  readonly last4: string;
  readonly scopes: readonly string[];
  readonly status: 'active' | 'rotating' | 'revoked';
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used_at: string | null;
}
/** Only in the answer to the call that makes it. */
export interface CreatedApiKey extends ApiKey {
  readonly api_key: string;
}

export const CreateSignedUrl = closed({
  /** Seconds from now. */
  expires_in: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600 })),
  disposition: Type.Optional(Type.Union([Type.Literal('attachment'), Type.Literal('inline')])),
});
export type CreateSignedUrl = Static<typeof CreateSignedUrl>;
export interface SignedUrl {
  /** Relative to the server unless it knows its public address. */
  readonly url: string;
  readonly expires_at: string;
}

export const CreateTenant = closed({ name: Type.String({ minLength: 1, maxLength: 200 }) });
export type CreateTenant = Static<typeof CreateTenant>;
export interface Tenant {
  readonly tenant_id: string;
  readonly name: string;
  readonly state: string;
  readonly created_at: string;
}
export interface CreatedTenant extends Tenant {
  readonly api_key: string;
}

export const CancelRun = closed({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) });
export type CancelRun = Static<typeof CancelRun>;

/** The body of a call that takes none: absent, or an empty object. */
export const NoBody = closed({});
export type NoBody = Static<typeof NoBody>;

/** Who the credential of this call stands for. */
export interface Me {
  readonly tenant_id: string;
  readonly user_id: string;
  /** The `id` of the API key, not its text; null for a session that was made from a one-time link. */
  readonly api_key_id: string | null;
  readonly scopes: readonly string[];
}

/** A skill as lists show it. */
export interface SkillSummary {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly digest: string;
  readonly tools: readonly string[];
  readonly egress: readonly string[];
  readonly entity_types: readonly string[];
  readonly budget: Budget;
}

export interface EntityTypeSummary {
  readonly name: string;
  readonly version: number;
  /** JSON Schema of `attributes`. */
  readonly attributes: object;
  readonly identity: readonly string[];
  readonly title: string;
}

export interface Readiness {
  readonly status: 'ready' | 'not_ready';
  /** Why not; empty when ready. */
  readonly codes: readonly string[];
}

/** The token of a one-time link; or nothing, when the credential is an API key in its header. */
export const OpenSession = closed({ token: Type.Optional(Type.String({ minLength: 22, maxLength: 100 })) });
export type OpenSession = Static<typeof OpenSession>;

/** The session of the cookie that came with the call. */
export interface Session {
  readonly tenant_id: string;
  readonly tenant_name: string;
  readonly user_id: string;
  readonly user_name: string;
  readonly role: string;
  /** The `id` of the API key that the session was made from; null when it was made from a one-time link. */
  readonly api_key_id: string | null;
  readonly scopes: readonly string[];
  readonly created_at: string;
  /** Moves while the session is in use. */
  readonly expires_at: string;
}

export interface Page<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** RFC 9457 problem details with our stable code. The request id is only in the header `x-request-id`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}
