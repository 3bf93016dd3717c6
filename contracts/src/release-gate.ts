// The gate: what was released stays as it was, word for word. New names are welcome; a changed or missing one is a breaking change.
import { type ContractSet, digestOf, type Released } from './released.ts';

export type ReleaseVerdict =
  | { readonly ok: true; readonly added: readonly string[] }
  | { readonly ok: false; readonly changed: readonly string[]; readonly missing: readonly string[] };

/** Pure: may this set follow what was released? A change needs a new version beside the old one. */
export function judgeRelease(released: Released, present: ContractSet): ReleaseVerdict {
  const names = Object.keys(released);
  const missing = names.filter((name) => !Object.hasOwn(present, name));
  const changed = names.filter((name) => present[name] !== undefined && digestOf(present[name]) !== released[name]);
  if (missing.length > 0 || changed.length > 0) return { ok: false, changed, missing };
  return { ok: true, added: Object.keys(present).filter((name) => !Object.hasOwn(released, name)) };
}
