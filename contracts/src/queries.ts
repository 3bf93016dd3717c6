// The query parameters of the HTTP API, each list closed: an unknown parameter is refused.
import { type Static, Type } from 'typebox';
import { ApprovalState } from './approvals.ts';
import { EgressVerdictWord } from './egress.ts';
import { RunStatus } from './http.ts';
import { closed, Release, Uuid } from './shapes.ts';

/** Opaque: only what an answer gave as `next_cursor`. */
const Cursor = Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9_-]+$' });
const Limit = Type.Integer({ minimum: 1, maximum: 100 });
const page = { limit: Type.Optional(Limit), cursor: Type.Optional(Cursor) };

/** Newest first. `limit` is 20 unless told. */
export const PageQuery = closed(page);
export type PageQuery = Static<typeof PageQuery>;

const Moment = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$' });

/** Each filter narrows what the others leave. */
export const ListRunsQuery = closed({
  ...page,
  status: Type.Optional(RunStatus),
  /** Name of a skill, without its version. */
  skill: Type.Optional(Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', maxLength: 100 })),
  /** Id of the user who started it. */
  created_by: Type.Optional(Uuid),
  /** Created at this time or later. */
  from: Type.Optional(Moment),
  /** Created before this time. */
  to: Type.Optional(Moment),
  /** A part of the id, the skill, the model or the error code. What a run was asked to do is sealed and not searched. */
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  /** Only runs that wait for a person, or that hold an effect of which nobody knows whether it happened. */
  attention: Type.Optional(Type.Literal('needed')),
});
export type ListRunsQuery = Static<typeof ListRunsQuery>;

/** With `idle_days`, only keys that work and were not used for as many days. */
export const ListApiKeysQuery = closed({
  ...page,
  idle_days: Type.Optional(Type.Integer({ minimum: 1, maximum: 3_650 })),
});
export type ListApiKeysQuery = Static<typeof ListApiKeysQuery>;

/** In the order of the keys. `limit` is 100 unless told. */
export const ListEffectsQuery = closed({
  limit: Type.Optional(Limit),
  cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 400, pattern: '^[A-Za-z0-9_-]+$' })),
});
export type ListEffectsQuery = Static<typeof ListEffectsQuery>;

export const ListApprovalsQuery = closed({
  ...page,
  state: Type.Optional(ApprovalState),
  run_id: Type.Optional(Uuid),
});
export type ListApprovalsQuery = Static<typeof ListApprovalsQuery>;

export const ListArtifactsQuery = closed({ ...page, run_id: Type.Optional(Uuid) });
export type ListArtifactsQuery = Static<typeof ListArtifactsQuery>;

export const ListEntitiesQuery = closed({
  ...page,
  run_id: Type.Optional(Uuid),
  /** `name` or `name@version`. */
  type: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9_.-]{0,99}(@[0-9]{1,6})?$' })),
});
export type ListEntitiesQuery = Static<typeof ListEntitiesQuery>;

/** Newest first. Each filter narrows what the others leave. */
export const ListEgressDecisionsQuery = closed({
  ...page,
  verdict: Type.Optional(EgressVerdictWord),
  code: Type.Optional(Type.String({ pattern: '^[a-z][a-z-]{0,59}$' })),
  /** The very host, with or without a port: `api.example.com:8443`. Names are sealed: what is below a name is not searched. */
  host: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
  run_id: Type.Optional(Uuid),
  tool: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  /** Decided at this time or later. */
  from: Type.Optional(Moment),
  /** Decided before this time. */
  to: Type.Optional(Moment),
});
export type ListEgressDecisionsQuery = Static<typeof ListEgressDecisionsQuery>;

/** For who cannot send the header; a browser's event source cannot. */
export const ReleaseQuery = closed({ contracts_version: Type.Optional(Release) });
export type ReleaseQuery = Static<typeof ReleaseQuery>;

/** Oldest first. `limit` is 100 unless told; `view=envelope` leaves `data` out. */
export const ListEventsQuery = closed({
  /** Only events whose `seq` is greater. */
  after: Type.Optional(Type.Integer({ minimum: -1, maximum: 2_147_483_647 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
  view: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('envelope')])),
  contracts_version: Type.Optional(Release),
});
export type ListEventsQuery = Static<typeof ListEventsQuery>;

/** Newest first. `limit` is 100 unless told. */
export const ListAuditQuery = closed({
  action: Type.Optional(Type.String({ pattern: '^[a-z]+(\\.[a-z_]+)+$', maxLength: 60 })),
  object_id: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  /** Only records whose `seq` is smaller. */
  before: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
});
export type ListAuditQuery = Static<typeof ListAuditQuery>;

const UuidText = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const Followed = `(\\*|${UuidText}(:(0|[1-9][0-9]{0,8}))?)`;

/** Runs to follow, separated by commas: `id`, `id:seq` for the events after that one, or `*` for word of every run; at most 50 and `*`. */
export const StreamQuery = closed({
  runs: Type.String({ maxLength: 2_400, pattern: `^${Followed}(,${Followed}){0,50}$` }),
  view: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('envelope')])),
  contracts_version: Type.Optional(Release),
});
export type StreamQuery = Static<typeof StreamQuery>;

/** The words of a signed link; each is signed. */
const SignedWord = Type.String({ minLength: 1, maxLength: 60 });
export const SignedQuery = closed({
  v: SignedWord,
  kid: SignedWord,
  t: SignedWord,
  a: SignedWord,
  d: SignedWord,
  e: SignedWord,
  n: SignedWord,
  s: SignedWord,
});
export type SignedQuery = Static<typeof SignedQuery>;

export const NoQuery = closed({});
export type NoQuery = Static<typeof NoQuery>;
