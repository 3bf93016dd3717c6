// Where a deployment stands, as the server says it.
import { Type } from 'typebox';
import { type Answered, Count, closed, orNull, Word } from './shapes.ts';

const Text = Type.String();
const Texts = Type.Array(Text);

const Rung = Type.Union([
  Type.Literal('below_baseline'),
  Type.Literal('baseline'),
  Type.Literal('production'),
  Type.Literal('high_assurance'),
]);

/** Where a deployment stands. The whole stands where its lowest promise does. */
export const Posture = closed({
  rung: Rung,
  /** What somebody should look at now. */
  alarms: Type.Array(closed({ code: Word, detail: Text })),
  promises: Type.Array(
    closed({
      promise: Count,
      title: Text,
      rung: Rung,
      /** Facts read from the running deployment. */
      evidence: Texts,
      /** What is missing for the next rung; null at the top. */
      next: orNull(closed({ rung: Rung, reach: Texts })),
    }),
  ),
});
export type Posture = Answered<typeof Posture>;
