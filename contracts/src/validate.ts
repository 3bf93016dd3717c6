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

export type Schema = TSchema;
/** The type that a schema describes. */
export type Typed<S extends Schema> = Static<S>;

export type Checker<T> = (value: unknown) => Checked<T>;

const MOST_PROBLEMS = 10;

/** A checker that says yes and types the value, or names at most ten fields. `Errors()` runs only after a failed check: it is slow. */
export function checker<S extends TSchema>(schema: S): Checker<Static<S>> {
  let compiled: ReturnType<typeof Compile> | undefined;
  return (value) => {
    compiled ??= Compile(schema);
    if (compiled.Check(value)) return { ok: true, value: value as Static<S> };
    const problems = new Map(
      compiled
        .Errors(value)
        .flatMap(explain)
        .map((problem) => [problem.path, problem]),
    );
    return { ok: false, problems: [...problems.values()].slice(0, MOST_PROBLEMS) };
  };
}

type Broken = ReturnType<ReturnType<typeof Compile>['Errors']>[number];

/** Names each missing and each unknown field by its own path; the validator names the object around them. */
function explain(error: Broken): FieldProblem[] {
  const at = (name: string): string => `${error.instancePath}/${pointerToken(name)}`;
  if (error.keyword === 'required')
    return error.params.requiredProperties.map((name) => ({ path: at(name), message: 'is required' }));
  if (error.keyword === 'additionalProperties')
    return error.params.additionalProperties.map((name) => ({ path: at(name), message: 'is not known' }));
  if (error.keyword === 'anyOf') return [{ path: error.instancePath, message: 'is none of the accepted values' }];
  // The schema `false` behind every unknown name: said already by `additionalProperties`.
  if (error.keyword === 'boolean') return [];
  return [{ path: error.instancePath, message: error.message }];
}

/** RFC 6901 section 3; cut, because an unknown name is the caller's own text. */
function pointerToken(name: string): string {
  return name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');
}
