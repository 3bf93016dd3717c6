// Skills: what a folder asks for, whether a person approved exactly these bytes, and what would be left of the request in this tenant.
import { type Static, Type } from 'typebox';
import { Budget } from './events.ts';
import { type Answered, Count, closed, orNull, Sha256, Time, Uuid, Word } from './shapes.ts';

const Text = Type.String();
const Texts = Type.Array(Text);

/** What the skill asks for. It is a request: a run gets what the tenant allows of it. */
const asks = {
  tools: Texts,
  /** `host:port`, `*.name:port`, or `@input` for what the person names. */
  egress: Texts,
  entity_types: Texts,
  /** `public` alone: private artifacts are no input of its runs. */
  data_classes: Texts,
  budget: Budget,
};

/** `approved`, `pending` (nobody approved it yet) or `withdrawn`. A skill of the product is approved by its release. */
const state = Word;
/** `product` or `tenant`. */
const origin = Word;

/** A skill as lists show it: the version that a run by its bare name gets; where none is approved, the newest one. */
export const SkillSummary = closed({
  name: Word,
  version: Word,
  description: Text,
  digest: Sha256,
  ...asks,
  origin,
  state,
  /** JSON Schema (2020-12) of a run's `input`; null where any input will do. */
  input_schema: orNull(Type.Object({})),
});
export type SkillSummary = Answered<typeof SkillSummary>;

const version = {
  name: Word,
  version: Word,
  description: Text,
  digest: Sha256,
  origin,
  state,
  files: Count,
  bytes: Count,
  /** Null for a skill of the product. */
  uploaded_by: orNull(Uuid),
  uploaded_at: orNull(Time),
  approved_by: orNull(Uuid),
  approved_at: orNull(Time),
  withdrawn_by: orNull(Uuid),
  withdrawn_at: orNull(Time),
};

export const SkillVersionSummary = closed(version);
export type SkillVersionSummary = Answered<typeof SkillVersionSummary>;

/** One thing that this version may do beyond the approved one, or does not ask for any more. */
export const SkillChange = closed({
  /** `tools`, `egress`, `entity_types`, `data_classes` or `budget`. */
  kind: Word,
  value: Text,
});
export type SkillChange = Answered<typeof SkillChange>;

const FileChange = closed({
  path: Text,
  /** `added`, `removed` or `changed`. */
  change: Word,
});

export const SkillVersion = closed({
  ...version,
  license: orNull(Text),
  ...asks,
  input_schema: orNull(Type.Object({})),
  /** Every file of the folder, in the order of the digest. */
  folder: Type.Array(closed({ path: Text, bytes: Count, sha256: Sha256 })),
  /** What a run that is started now would be granted. */
  grant: closed({
    tools: Type.Array(closed({ tool: Word, granted: Type.Boolean(), reason: orNull(Text) })),
    egress: Type.Array(closed({ host: Text, granted: Type.Boolean(), reason: orNull(Text) })),
    budget: Budget,
  }),
  /** Against the version that is approved now and that a bare name means; everything, where there is none. */
  changes: closed({
    against: orNull(Word),
    /** What takes the scope `skills:widen` to approve. */
    widens: Type.Array(SkillChange),
    narrows: Type.Array(SkillChange),
    files: Type.Array(FileChange),
    /** The scope that approving it takes. */
    needs: Word,
  }),
});
export type SkillVersion = Answered<typeof SkillVersion>;

/** A skill with all its versions, newest first. */
export const Skill = closed({
  name: Word,
  origin,
  /** The version that a run by the bare name gets; null while none is approved. */
  current: orNull(Word),
  versions: Type.Array(SkillVersionSummary),
});
export type Skill = Answered<typeof Skill>;

/** The digest that was looked at: approving says yes to these bytes and to no others. */
export const ApproveSkill = closed({ digest: Sha256 });
export type ApproveSkill = Static<typeof ApproveSkill>;

export const SkillFileQuery = closed({ path: Type.String({ minLength: 1, maxLength: 500 }) });
export type SkillFileQuery = Static<typeof SkillFileQuery>;
