// Owns the bodies of requests to the HTTP API. JSON is snake_case.
// Promises strict requests: unknown fields are refused.
// Must never name a tenant in a request body of a tenant's caller: the tenant comes from the credential.
import { type Static, Type } from 'typebox';
import { Count, closed, Money, Release, Uuid, Word } from './shapes.ts';

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

export const SCOPES = [
  'runs:read',
  'runs:write',
  'artifacts:read',
  'artifacts:write',
  'entities:read',
  'entities:write',
  'keys:read',
  'keys:write',
  'users:read',
  'users:write',
  'audit:read',
  'usage:read',
  'budgets:read',
  'budgets:write',
  'billing:read',
  'retention:read',
  'retention:write',
  'egress:read',
  'egress:write',
  'secrets:read',
  'secrets:write',
  'approvals:read',
  'approvals:decide',
  'approvals:write',
  'tools:read',
  'tools:write',
  'skills:read',
  'skills:write',
  'skills:approve',
  'skills:widen',
] as const;
export type Scope = (typeof SCOPES)[number];

export const CreateApiKey = closed({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  env: Type.Optional(Type.Union([Type.Literal('live'), Type.Literal('test')])),
  scopes: Type.Optional(
    Type.Array(Type.Unsafe<Scope>(Type.Union(SCOPES.map((scope) => Type.Literal(scope)))), {
      minItems: 1,
      maxItems: 50,
    }),
  ),
  /** Seconds from now; 90 days unless told, at most what the tenant allows. */
  expires_in: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_536_000 })),
  /** The release of the contracts that its program knows; the newest unless told. */
  contracts_version: Type.Optional(Release),
});
export type CreateApiKey = Static<typeof CreateApiKey>;

export const CreateSignedUrl = closed({
  /** Seconds from now. */
  expires_in: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_600 })),
  disposition: Type.Optional(Type.Union([Type.Literal('attachment'), Type.Literal('inline')])),
});
export type CreateSignedUrl = Static<typeof CreateSignedUrl>;

export const CreateEntityType = closed({
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' }),
  /** The version that is there, for a change that breaks no reader; the next one, for any other. */
  version: Type.Integer({ minimum: 1, maximum: 1_000 }),
  /** JSON Schema (2020-12) of the attributes: a closed object. */
  attributes: Type.Record(Type.String({ maxLength: 200 }), Type.Unknown()),
  /** Required attributes that together say which thing of the world this is. */
  identity: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 20, uniqueItems: true }),
  /** Attribute that is shown as the title. */
  title: Type.String({ minLength: 1, maxLength: 200 }),
  /** What becomes of entities of the version before; required where the new version breaks its readers. */
  migration_note: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000 })),
});
export type CreateEntityType = Static<typeof CreateEntityType>;

export const CreateTenant = closed({ name: Type.String({ minLength: 1, maxLength: 200 }) });
export type CreateTenant = Static<typeof CreateTenant>;
export const CancelRun = closed({ reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) });
export type CancelRun = Static<typeof CancelRun>;

/** The body of a call that takes none: absent, or an empty object. */
export const NoBody = closed({});
export type NoBody = Static<typeof NoBody>;

/** The token of a one-time link; or nothing, when the credential is an API key in its header. */
export const OpenSession = closed({ token: Type.Optional(Type.String({ minLength: 22, maxLength: 100 })) });
export type OpenSession = Static<typeof OpenSession>;
