// What a tenant may define as a type of entity, and what may follow what it has defined (DEC-079). Pure: touches no database.
import { checkValue, compare, findUnjudged } from '@sallyport/compat';
import { type CreateEntityType, type FieldProblem, readerOf } from '@sallyport/contracts';

export interface Definition {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly identity: readonly string[];
  readonly title: string;
  readonly migrationNote: string | null;
}

/** One row of what was defined: never changed, only followed. */
export interface Standing extends Definition {
  readonly version: number;
  readonly revision: number;
}

export type TypeVerdict =
  | { readonly ok: true; readonly version: number; readonly revision: number }
  | { readonly ok: false; readonly code: 'invalid_input' | 'conflict'; readonly problems: FieldProblem[] };

const MOST_CHARACTERS = 64 * 1024;
const MOST_REVISIONS = 20;
/** A comparison runs on the thread that serves: what is not proven by then counts as breaking. */
const BOUNDS = { steps: 4_000, milliseconds: 100 };
const MOST_SHOWN = 300;

/** Why a definition cannot be one, in the order of its fields. */
export function findFaults(wanted: CreateEntityType): FieldProblem[] {
  const { attributes, identity, title } = wanted;
  if (JSON.stringify(attributes).length > MOST_CHARACTERS)
    return [{ path: '/attributes', message: `is longer than ${MOST_CHARACTERS} characters` }];
  const problems: FieldProblem[] = [];
  const add = (path: string, message: string): void => void problems.push({ path, message });
  if (attributes.type !== 'object' || attributes.additionalProperties !== false)
    add('/attributes', 'must be of type object, and closed by additionalProperties: false');
  for (const { keyword, why } of findUnjudged(attributes).slice(0, 5)) add('/attributes', `${keyword}: ${why}`);
  const properties = asRecord(attributes.properties);
  const required = Array.isArray(attributes.required) ? attributes.required : [];
  for (const [at, name] of identity.entries())
    if (!Object.hasOwn(properties, name) || !required.includes(name))
      add(`/identity/${at}`, 'must be a required attribute');
  if (!Object.hasOwn(properties, title)) add('/title', 'must be an attribute');
  return problems;
}

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** May this follow what stands? The rows of one name, in the order of version and revision. */
export function judgeType(standing: readonly Standing[], wanted: CreateEntityType): TypeVerdict {
  const faults = findFaults(wanted);
  if (faults.length > 0) return { ok: false, code: 'invalid_input', problems: faults };
  const latest = standing.at(-1);
  const conflict = (path: string, message: string): TypeVerdict => ({
    ok: false,
    code: 'conflict',
    problems: [{ path, message }],
  });
  if (latest === undefined)
    return wanted.version === 1
      ? { ok: true, version: 1, revision: 1 }
      : conflict('/version', 'the first version is 1');
  if (wanted.version !== latest.version && wanted.version !== latest.version + 1)
    return conflict('/version', `is neither ${latest.version} nor ${latest.version + 1}`);
  const before = standing.filter(({ version }) => version === latest.version);
  const broken = before.flatMap((one) => findBreaks(one, wanted)).slice(0, 3);
  if (wanted.version > latest.version) {
    if (broken.length > 0 && wanted.migration_note === undefined)
      return conflict('/migration_note', `is required: ${broken[0]?.message ?? 'the new version breaks readers'}`);
    return { ok: true, version: wanted.version, revision: 1 };
  }
  if (broken.length > 0) return { ok: false, code: 'conflict', problems: broken };
  if (before.length >= MOST_REVISIONS)
    return conflict('/version', `version ${latest.version} has ${MOST_REVISIONS} revisions`);
  return { ok: true, version: latest.version, revision: latest.revision + 1 };
}

/** What breaks a reader of the one or of the other: the writer's schema is closed, and is read by the same one opened. */
function findBreaks(old: Standing, next: CreateEntityType): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (old.identity.toSorted().join('\0') !== next.identity.toSorted().join('\0'))
    problems.push({ path: '/identity', message: 'the identity of a version is fixed' });
  const removed = Object.keys(asRecord(old.attributes.properties)).filter(
    (name) => !Object.hasOwn(asRecord(next.attributes.properties), name),
  );
  for (const name of removed)
    problems.push({ path: '/attributes', message: `the attribute ${name.slice(0, 64)} is gone` });
  for (const [writer, reader, who] of [
    [old.attributes, readerOf(next.attributes), 'the new reader does not read what was stored'],
    [next.attributes, readerOf(old.attributes), 'an old reader does not read what would be stored'],
  ] as const) {
    const { backward, reasons } = compare(writer, reader, BOUNDS);
    if (backward === 'yes') continue;
    const reason = reasons.find(({ direction }) => direction === 'backward');
    const shown =
      reason !== undefined && 'counterexample' in reason
        ? `, for example ${JSON.stringify(reason.counterexample).slice(0, MOST_SHOWN)}`
        : '';
    const what = backward === 'no' ? who : 'not proven to be compatible';
    problems.push({ path: '/attributes', message: `${what}: ${reason?.path ?? ''} ${reason?.detail ?? ''}${shown}` });
  }
  return problems;
}

/** The problems of attributes; none where they are as the type says. */
export function findAttributeFaults(type: Definition, attributes: unknown): FieldProblem[] {
  const verdict = checkValue(type.attributes, attributes);
  if (verdict.is === 'valid') return [];
  if (verdict.is === 'unknown') return [{ path: '', message: 'cannot be judged' }];
  return [{ path: verdict.fault.path, message: verdict.fault.detail }];
}
