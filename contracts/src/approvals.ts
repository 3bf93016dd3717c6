// Why a call was let through, held or refused; and what a person sees and says of a held one. Texts on a card are inert already.
import { type Static, Type } from 'typebox';
import { ApproverRole } from './approval-policy.ts';
import { type Answered, Count, closed, orNull, Sha256, Time, Uuid, Word } from './shapes.ts';

const Path = Type.String({ maxLength: 300 });

/** Where a value was said: a part of what the person stated, or a field of a result. */
export const Source = Type.Union([
  closed({ kind: Type.Literal('prompt'), part: Word, from: Count, to: Count }),
  closed({ kind: Type.Literal('tool'), call_id: Type.String({ maxLength: 100 }), tool: Word, path: Path }),
]);
export type Source = Static<typeof Source>;
const Sources = Type.Array(Source, { maxItems: 20 });

export const Reason = closed({
  code: Word,
  arg: Type.Optional(Path),
  value: Type.Optional(Type.String({ maxLength: 1_000 })),
  sources: Sources,
  detail: Type.String({ maxLength: 500 }),
});
export type Reason = Static<typeof Reason>;
export const Reasons = Type.Array(Reason, { maxItems: 100 });

/** The Rule of Two: has read something untrusted; has read something private; this call leaves the tenant or cannot be undone. */
export const RuleOfTwo = closed({ untrusted: Type.Boolean(), private: Type.Boolean(), leaves: Type.Boolean() });

export const CardArgument = closed({
  path: Path,
  role: Word,
  /** Inert: no markup, invisible signs written out, isolated in direction, cut in its middle. */
  shown: Type.String({ maxLength: 10_000 }),
  /** Whose word it is: `stated`, `selected`, `constant`, `trusted`, `attested`, `granted`, `followed`, `empty` or `none`. */
  ground: Word,
  sources: Sources,
  /** What a person should know of an address: `punycode`, `mixed_script`, `looks_like_stated`, … */
  flags: Type.Array(Word, { maxItems: 20 }),
  findings: Type.Array(closed({ kind: Word, count: Count }), { maxItems: 50 }),
});

/** Everything that would be executed. */
export const ApprovalCard = closed({
  tool: Path,
  effect: Word,
  arguments: Type.Array(CardArgument, { maxItems: 2_000 }),
  why: Reasons,
  irreversible: Type.String({ maxLength: 500 }),
  rule: RuleOfTwo,
});
export type ApprovalCard = Answered<typeof ApprovalCard>;

const APPROVAL_STATES = ['pending', 'approved', 'denied', 'expired', 'used', 'void'] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];
export const ApprovalState = Type.Unsafe<ApprovalState>(
  Type.Union(APPROVAL_STATES.map((state) => Type.Literal(state))),
);

const summary = {
  id: Uuid,
  tenant_id: Uuid,
  run_id: Uuid,
  call_id: Word,
  tool: Word,
  effect: Word,
  /** Code of the first reason for which it was held. */
  rule: Word,
  /** `used`: approved, and the call was begun. `void`: something changed before it could be used. */
  state: ApprovalState,
  /** What a decision is for: this call with these arguments under this definition. */
  digest: Sha256,
  /** How many people must approve; one denial is enough. */
  seats: Count,
  approvals: Count,
  /** Roles whose people may approve it. */
  roles: Type.Array(ApproverRole),
  started_by: Uuid,
  /** Null when whoever asks may decide; else why not. */
  barred: orNull(Word),
  requested_at: Time,
  expires_at: Time,
  decided_at: orNull(Time),
};
export const ApprovalSummary = closed(summary);
export type ApprovalSummary = Answered<typeof ApprovalSummary>;

export const ApprovalDecision = closed({
  user_id: Uuid,
  verdict: Type.Union([Type.Literal('approve'), Type.Literal('deny')]),
  reason: orNull(Type.String()),
  decided_at: Time,
});

export const Approval = closed({ ...summary, card: ApprovalCard, decisions: Type.Array(ApprovalDecision) });
export type Approval = Answered<typeof Approval>;

const Said = Type.String({ minLength: 1, maxLength: 2_000 });

export const DecideApproval = closed({
  verdict: Type.Union([Type.Literal('approve'), Type.Literal('deny')]),
  /** Required to approve. */
  reason: Type.Optional(Said),
  /** The digest of the card that was looked at. */
  digest: Sha256,
});
export type DecideApproval = Static<typeof DecideApproval>;

export const ResolveEffect = closed({
  outcome: Type.Union([Type.Literal('happened'), Type.Literal('did_not_happen'), Type.Literal('unknown')]),
  /** What was looked at, and what it showed. */
  note: Said,
});
export type ResolveEffect = Static<typeof ResolveEffect>;
