// Compiles a schema once and answers with the first faults in words; never throws on bad input.
import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

export interface FieldProblem {
  /** JSON pointer of the field (RFC 6901), empty for the whole value. */
  readonly path: string;
  readonly message: string;
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: FieldProblem[] };

export type Checker<T> = (value: unknown) => Checked<T>;

const MOST_PROBLEMS = 10;

/** A checker that says yes and types the value, or names at most ten fields. `Errors()` runs only after a failed check: it is slow. */
export function checker<S extends TSchema>(schema: S): Checker<Static<S>> {
  let compiled: ReturnType<typeof Compile> | undefined;
  return (value) => {
    compiled ??= Compile(schema);
    if (compiled.Check(value)) return { ok: true, value: value as Static<S> };
    const problems = compiled.Errors(value).slice(0, MOST_PROBLEMS);
    return { ok: false, problems: problems.map((p) => ({ path: p.instancePath, message: p.message })) };
  };
}
