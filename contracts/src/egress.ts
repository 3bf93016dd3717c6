// Where the agents of a tenant may go, and the credentials of its tools.
import { type Static, Type } from 'typebox';
import { type Answered, Count, closed, orNull, Time, Uuid, Word } from './shapes.ts';

const Text = Type.String();
/** A host with an optional port: `api.example.com`, `*.example.com:8443` (any depth below, not the name itself). */
const HostRule = Type.String({ minLength: 1, maxLength: 300 });
const HostRules = Type.Array(HostRule, { maxItems: 500 });
/** `open`: every public address but what is denied. `internal`: the allow list and nothing else. */
const Profile = Type.Union([Type.Literal('open'), Type.Literal('internal')]);

/** What is not named stays as it is; limits are replaced as a whole. */
export const PutEgressPolicy = closed({
  profile: Type.Optional(Profile),
  allow: Type.Optional(HostRules),
  deny: Type.Optional(HostRules),
  /** Whether pages may be read through the reader service of the deployment, if it has one. */
  reader: Type.Optional(Type.Boolean()),
  limits: Type.Optional(
    Type.Array(
      closed({
        /** All tools together, unless one is named. */
        tool: Type.Optional(Word),
        calls_per_minute: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
        bytes_per_hour: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000_000_000_000 })),
      }),
      { maxItems: 50 },
    ),
  ),
});
export type PutEgressPolicy = Static<typeof PutEgressPolicy>;

export const EgressPolicy = closed({
  profile: Profile,
  allow: Type.Array(Text),
  deny: Type.Array(Text),
  reader: Type.Boolean(),
  /** `*` is all tools together. */
  limits: Type.Array(closed({ tool: Word, calls_per_minute: orNull(Count), bytes_per_hour: orNull(Count) })),
  /** What the operator set for every tenant; the tenant's own lists come on top of it. */
  deployment: closed({ profile: Profile, allow: Type.Array(Text), deny: Type.Array(Text) }),
});
export type EgressPolicy = Answered<typeof EgressPolicy>;

export const EgressVerdictWord = Type.Union([Type.Literal('allow'), Type.Literal('block'), Type.Literal('report')]);

export const CheckEgress = closed({ url: Type.String({ minLength: 1, maxLength: 8_000 }) });
export type CheckEgress = Static<typeof CheckEgress>;

/** Advice: a call judges anew, at every hop. */
export const EgressVerdict = closed({
  verdict: EgressVerdictWord,
  /** Null when it passes. */
  code: orNull(Word),
  rule: orNull(Text),
  /** Empty when the text is no URL. */
  host: Text,
  port: Count,
  /** What the name resolves to; empty for what is refused. */
  addresses: Type.Array(Text),
});
export type EgressVerdict = Answered<typeof EgressVerdict>;

/** What became of one hop of a tool's call. */
export const EgressDecision = closed({
  id: Uuid,
  tenant_id: Uuid,
  run_id: Uuid,
  call_id: Word,
  tool: Word,
  /** `report`: let through although `code` and `rule` would have refused it. */
  verdict: EgressVerdictWord,
  /** Why it was refused; or, of an allowed one, how the exchange failed afterwards. */
  code: orNull(Word),
  rule: orNull(Text),
  /** 0 is the call itself, the next one its first redirect. */
  hop: Count,
  /** Empty when the text was no URL. */
  host: Text,
  port: Count,
  /** What was called; null for what was refused. */
  address: orNull(Text),
  /** Of the answer. */
  status: orNull(Count),
  /** On the wire. */
  bytes: Count,
  dns_ms: Count,
  connect_ms: Count,
  decided_at: Time,
});
export type EgressDecision = Answered<typeof EgressDecision>;

/** One line of visible ASCII, as it goes into a header. */
const SecretValue = Type.String({
  minLength: 1,
  maxLength: 8_000,
  pattern: '^[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?$',
});
const SecretHosts = Type.Array(HostRule, { minItems: 1, maxItems: 20 });

/** A credential of a tool: it is sent to these hosts alone, and never shown again. */
export const CreateSecret = closed({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' }),
  value: SecretValue,
  hosts: SecretHosts,
});
export type CreateSecret = Static<typeof CreateSecret>;

/** Both anew: a value is not kept under other hosts. */
export const PutSecret = closed({ value: SecretValue, hosts: SecretHosts });
export type PutSecret = Static<typeof PutSecret>;

export const Secret = closed({
  id: Uuid,
  tenant_id: Uuid,
  name: Word,
  hosts: Type.Array(Text),
  created_by: Uuid,
  created_at: Time,
  updated_at: Time,
});
export type Secret = Answered<typeof Secret>;
