// Owns the event types: what a writer of this release may put into `data`. What older releases wrote is in versions/.
// Promises a closed writer schema per type; a reader that meets an unknown type or field treats it as normal input.
// Must never change a released shape in place: a breaking change is a new version.
import { type Static, Type } from 'typebox';
import { Reasons, RuleOfTwo } from './approvals.ts';
import { CallId, Confidentiality, Count, closed, Integrity, Money, Sha256, Time, Uuid, Word } from './shapes.ts';
import { type Checked, type Checker, checker } from './validate.ts';

const Text = Type.String({ maxLength: 200_000 });
const Arguments = Type.Record(Type.String({ maxLength: 200 }), Type.Unknown());
const Label = closed({ integrity: Integrity, confidentiality: Confidentiality });

export const Budget = closed({ tokens: Count, cost: Money, seconds: Count, calls: Count });
export type Budget = Static<typeof Budget>;

const Part = Type.Union([
  closed({ kind: Type.Literal('text'), text: Text }),
  closed({ kind: Type.Literal('tool_call'), call_id: CallId, tool: Word, arguments: Arguments }),
]);

const data = {
  'run.created': closed({
    skill: closed({ name: Word, version: Word, digest: Sha256 }),
    model: Word,
    budget: Budget,
    input_artifacts: Type.Array(Uuid, { maxItems: 100 }),
  }),
  'run.started': closed({ worker: Uuid }),
  'run.resumed': closed({ worker: Uuid, epoch: Count }),
  'run.waiting': closed({ reason: Word }),
  'run.succeeded': closed({ outcome: Text, artifact_ids: Type.Array(Uuid, { maxItems: 1000 }) }),
  'run.failed': closed({ error: closed({ code: Word, message: Text, retryable: Type.Boolean() }) }),
  'run.cancelled': closed({ by: Word, reason: Type.Optional(Type.String({ maxLength: 500 })) }),
  'step.started': closed({ step: Count, name: Word }),
  'step.completed': closed({ step: Count, status: Word }),
  'model.message': closed({
    step: Count,
    role: Type.Literal('assistant'),
    parts: Type.Array(Part, { maxItems: 200 }),
    finish_reason: Word,
  }),
  'tool.call.requested': closed({
    call_id: CallId,
    tool: Word,
    arguments: Arguments,
    arguments_digest: Sha256,
    effect: Word,
  }),
  /** What the gateway made of a request, and of what: labels of the session, grounds and sources of the values. */
  'tool.call.decided': closed({
    call_id: CallId,
    tool: Word,
    verdict: Type.Union([Type.Literal('allow'), Type.Literal('hold'), Type.Literal('block')]),
    effect: Word,
    reasons: Reasons,
    label: Label,
    sources: Type.Array(Type.String({ maxLength: 300 }), { maxItems: 100 }),
    rule: RuleOfTwo,
  }),
  'tool.call.held': closed({
    call_id: CallId,
    tool: Word,
    approval_id: Uuid,
    rule: Word,
    digest: Sha256,
    /** How many people must approve. */
    approvers: Count,
    expires_at: Time,
  }),
  'tool.call.approved': closed({
    call_id: CallId,
    tool: Word,
    approval_id: Uuid,
    digest: Sha256,
    decided_by: Type.Array(Uuid, { minItems: 1, maxItems: 2 }),
  }),
  'tool.call.expired': closed({ call_id: CallId, tool: Word, approval_id: Uuid, held_at: Time }),
  'tool.call.denied': closed({
    call_id: CallId,
    tool: Word,
    reason: Word,
    detail: Type.String({ maxLength: 500 }),
    /** A person, and then which card they had before them where it is known; or a rule. */
    by: Type.Union([
      closed({
        kind: Type.Literal('person'),
        user_id: Type.String({ minLength: 1, maxLength: 200 }),
        approval_id: Type.Optional(Uuid),
        digest: Type.Optional(Sha256),
      }),
      closed({ kind: Type.Literal('rule') }),
    ]),
  }),
  'tool.call.started': closed({ call_id: CallId, tool: Word, effect_key: Word, attempt: Count }),
  'tool.call.completed': closed({
    call_id: CallId,
    tool: Word,
    /** What the model saw; above 4 KiB it rests in `rendering_artifact` instead. */
    rendering: Type.Optional(Type.String({ maxLength: 8_192 })),
    rendering_artifact: Type.Optional(Uuid),
    artifact_id: Type.Optional(Uuid),
    bytes: Count,
    duration_ms: Count,
    label: Label,
    findings: Count,
  }),
  'tool.call.failed': closed({
    call_id: CallId,
    tool: Word,
    error: closed({ code: Word, message: Text }),
    retryable: Type.Boolean(),
  }),
  'usage.recorded': closed({
    model: Word,
    input_tokens: Count,
    output_tokens: Count,
    cached_tokens: Count,
    cost: Money,
    currency: Type.Literal('USD'),
    settlement: Type.Union([Type.Literal('settled'), Type.Literal('lost')]),
  }),
  'budget.exceeded': closed({ limit: Word, allowed: Word, observed: Word, action: Word }),
  'artifact.created': closed({ artifact_id: Uuid, media_type: Word, bytes: Count, sha256: Sha256, data_class: Word }),
  'entity.extracted': closed({
    entity_id: Uuid,
    type: Word,
    version: Count,
    attributes: Arguments,
    evidence: Type.Array(Uuid, { maxItems: 50 }),
  }),
  /** One for each hop that was let out; `code` when the exchange failed afterwards. */
  'egress.allowed': closed({
    call_id: CallId,
    hop: Count,
    host: Type.String({ maxLength: 300 }),
    port: Count,
    status: Type.Optional(Count),
    /** On the wire. */
    bytes: Count,
    code: Type.Optional(Word),
  }),
  'egress.blocked': closed({
    call_id: CallId,
    host: Type.String({ maxLength: 300 }),
    port: Count,
    rule: Word,
    code: Word,
  }),
  /** The payloads of these events, both ends included, are gone; their envelopes and hashes stay. */
  'event.payload_removed': closed({ first_seq: Count, last_seq: Count, reason: Word, policy: Word }),
  /** It is not known whether the effect took place: a person looks, and says. */
  'effect.unknown': closed({ call_id: CallId, tool: Word, effect_key: Word, reason: Word }),
  /** Words of a person in a run; `about` says of what. */
  'human.message': closed({
    author: Uuid,
    about: Word,
    parts: Type.Array(closed({ kind: Type.Literal('text'), text: Type.String({ maxLength: 4_000 }) }), {
      minItems: 1,
      maxItems: 10,
    }),
  }),
  'effect.settled': closed({ effect_key: Word, outcome: Word, by: Word }),
} as const;

export type EventType = keyof typeof data;
export type EventData<T extends EventType> = Static<(typeof data)[T]>;
/** An event that is yet to be appended. */
export type NewEvent = {
  [T in EventType]: { readonly type: T; readonly data: EventData<T>; readonly actor: Actor };
}[EventType];

export const Actor = closed({
  kind: Type.Union([Type.Literal('user'), Type.Literal('agent'), Type.Literal('system'), Type.Literal('tool')]),
  id: Type.String({ minLength: 1, maxLength: 200 }),
});
export type Actor = Static<typeof Actor>;

export const EVENT_TYPES = Object.keys(data) as EventType[];
const LATER_VERSIONS: Readonly<Partial<Record<EventType, number>>> = { 'tool.call.denied': 2 };
/** The version of each type that this release writes. */
export const EVENT_VERSIONS = Object.fromEntries(
  EVENT_TYPES.map((type) => [type, LATER_VERSIONS[type] ?? 1]),
) as Readonly<Record<EventType, number>>;
export const TERMINAL_EVENTS: ReadonlySet<string> = new Set(['run.succeeded', 'run.failed', 'run.cancelled']);

const checkers = new Map<string, Checker<unknown>>(EVENT_TYPES.map((type) => [type, checker(data[type])]));

/** Checks `data` against the closed writer schema of its type. Unknown types are refused: a writer knows what it writes. */
export function checkEventData(type: string, value: unknown): Checked<unknown> {
  const check = checkers.get(type);
  if (check === undefined) return { ok: false, problems: [{ path: '', message: `unknown event type ${type}` }] };
  return check(value);
}

/** The writer schema of each event type as JSON Schema. */
export function eventSchemas(): typeof data {
  return data;
}
