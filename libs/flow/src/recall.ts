// For a runtime that runs the calls itself and keeps a journal: what happened before is made to have happened again, in its order.
import type { Label } from './label.ts';
import { absorb, type Cell, claim, effectiveArguments, hear, type Outcome, settle } from './session-cell.ts';
import type { Arguments } from './verdict.ts';

/** One thing that is over. Taken from a journal, never from a model. */
export type Past =
  /** A person's verdict on exactly this call was spent. */
  | { readonly kind: 'settled'; readonly tool: string; readonly args: Arguments; readonly verdict: 'approve' | 'deny' }
  | { readonly kind: 'started'; readonly tool: string; readonly args: Arguments }
  /** As the tool answered: fields carry their own labels. */
  | ({ readonly kind: 'result' } & Outcome)
  /** Words of a person in this run. */
  | { readonly kind: 'stated'; readonly text: string };

/** Changes the session as the live call would have; answers the label of a result. */
export function recallInto(cell: Cell, past: Past): Label | undefined {
  if (past.kind === 'stated') {
    hear(cell, past.text);
    return undefined;
  }
  const args = effectiveArguments(cell, past.tool, past.args);
  if (past.kind === 'settled') settle(cell, past.tool, args, past.verdict);
  else if (past.kind === 'started') claim(cell, past.tool, args);
  else return absorb(cell, { ...past, args }).label;
  return undefined;
}
