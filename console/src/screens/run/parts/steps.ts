// The steps of a run from its envelopes alone: what began when, and when it ended. Nothing is guessed: what has no end is open.
import type { Row } from '../../../live/run-log.ts';

export interface Step {
  readonly seq: number;
  readonly kind: 'model' | 'tool';
  readonly name: string;
  readonly startMs: number;
  /** Undefined while it is at work. */
  readonly endMs: number | undefined;
  readonly outcome: 'open' | 'done' | 'failed';
}

interface Open {
  seq: number;
  kind: Step['kind'];
  name: string;
  startMs: number;
}

const ENDS: Readonly<Record<string, Step['outcome']>> = {
  'step.completed': 'done',
  'tool.call.completed': 'done',
  'tool.call.failed': 'failed',
};
/** After it nothing of the run is at work. */
const CLOSES: ReadonlySet<string> = new Set(['run.failed', 'run.cancelled', 'run.succeeded']);

/** A worker does one thing at a time, so an end belongs to what began last. A new beginning leaves the one before without an end. */
export function stepsOf(rows: readonly Row[]): Step[] {
  const steps: Step[] = [];
  let open: Open | undefined;
  const close = (endMs: number | undefined, outcome: Step['outcome']): void => {
    if (open !== undefined) steps.push({ ...open, endMs, outcome });
    open = undefined;
  };
  for (const row of rows) {
    const at = Date.parse(row.time);
    if (row.type === 'step.started' || row.type === 'tool.call.started') {
      close(at, 'failed');
      const tool = row.type === 'tool.call.started';
      open = { seq: row.seq, kind: tool ? 'tool' : 'model', name: tool ? row.actor.id : 'model', startMs: at };
    } else if (CLOSES.has(row.type)) close(at, row.type === 'run.succeeded' ? 'done' : 'failed');
    else {
      const outcome = ENDS[row.type];
      if (outcome !== undefined) close(at, outcome);
    }
  }
  close(undefined, 'open');
  return steps;
}
