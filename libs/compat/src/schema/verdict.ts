// A verdict over a value has three answers: what rests on something that is not judged is unknown, never guessed.

export interface Fault {
  /** JSON pointer into the value. */
  readonly path: string;
  readonly keyword: string;
  readonly detail: string;
}

export type Verdict =
  | { readonly is: 'valid' }
  | { readonly is: 'invalid'; readonly fault: Fault }
  | { readonly is: 'unknown'; readonly why: string };

export const VALID: Verdict = { is: 'valid' };

export const invalid = (path: string, keyword: string, detail: string): Verdict => ({
  is: 'invalid',
  fault: { path, keyword, detail },
});

/** All must hold: one fault decides, whatever else is unknown. */
export function every(verdicts: Iterable<Verdict>): Verdict {
  let unknown: Verdict | undefined;
  for (const verdict of verdicts) {
    if (verdict.is === 'invalid') return verdict;
    if (verdict.is === 'unknown') unknown ??= verdict;
  }
  return unknown ?? VALID;
}

/** Between so many of them hold: undefined where what is unknown could tip it. */
export function countWithin(verdicts: readonly Verdict[], min: number, max: number): boolean | undefined {
  const valid = verdicts.filter(({ is }) => is === 'valid').length;
  const unknown = verdicts.filter(({ is }) => is === 'unknown').length;
  if (valid > max || valid + unknown < min) return false;
  return valid >= min && valid + unknown <= max ? true : undefined;
}
