// What the page and the worker that verifies say to each other.
export interface ToVerify {
  readonly baseUrl: string;
  readonly of: { readonly kind: 'run'; readonly id: string } | { readonly kind: 'audit' };
}

export type Verified =
  | { readonly kind: 'progress'; readonly seq: number }
  | { readonly kind: 'whole'; readonly count: number; readonly head: string | null; readonly removed: number }
  | { readonly kind: 'broken'; readonly seq: number; readonly detail: string }
  /** The export did not arrive: nothing is known. */
  | { readonly kind: 'not_checked' };
