// A step between two versions of one event type. Pure and total: the same data give the same answer, and nothing is read or fetched.
import type { TSchema } from 'typebox';

export type Data = Readonly<Record<string, unknown>>;

/** What an upcaster may look at beside the data. */
export interface Told {
  readonly actor: { readonly kind: string; readonly id: string };
}

export interface Step {
  readonly type: string;
  /** The older version; the newer is the next. */
  readonly from: number;
  /** What a writer of the older version wrote: closed, and never changed again. */
  readonly older: TSchema;
  up(data: Data, told: Told): Data;
  /** Undefined where the older version has no honest form: a reader of it is told by `stream.gap`. */
  readonly down: ((data: Data) => Data) | undefined;
  /** JSON pointers into the newer data that `down` leaves out, and `up` cannot give back. */
  readonly loses: readonly string[];
}
