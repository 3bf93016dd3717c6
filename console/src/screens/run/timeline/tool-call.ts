// The other events of one call: what was asked for, and how it ended. They stand near each other in the log.
import { useEffect } from 'react';
import { shape, text } from '../../../events/shape.ts';
import type { Row, RunLog } from '../../../live/run-log.ts';

const REACH = 30;
const ENDS: ReadonlySet<string> = new Set(['tool.call.completed', 'tool.call.failed', 'tool.call.denied']);
const withCall = shape({ call_id: text });

export interface ToolCall {
  readonly id: string | undefined;
  readonly requested: Row | undefined;
  readonly ended: Row | undefined;
}

export function callIn(log: Pick<RunLog, 'body'>, row: Row): string | undefined {
  if (!/^(?:tool\.call|egress)\./.test(row.type)) return undefined;
  return withCall(log.body(row.seq)?.data)?.call_id;
}

export function toolCall(log: Pick<RunLog, 'body'>, rows: readonly Row[], row: Row): ToolCall {
  const id = callIn(log, row);
  if (id === undefined) return { id, requested: undefined, ended: undefined };
  const near = rows.slice(Math.max(0, row.seq - REACH), row.seq + REACH + 1).filter((one) => callIn(log, one) === id);
  return {
    id,
    requested: near.find(({ type }) => type === 'tool.call.requested'),
    ended: near.findLast(({ type }) => ENDS.has(type)),
  };
}

/** Asks for the bodies around the event, in one page or few. */
export function useToolCall(log: RunLog, rows: readonly Row[], row: Row): ToolCall {
  const last = rows.length - 1;
  useEffect(() => {
    if (!row.type.startsWith('tool.call.') || row.data_state !== 'present') return;
    log.want(Math.max(0, row.seq - REACH), Math.min(last, row.seq + REACH));
  }, [log, row, last]);
  return toolCall(log, rows, row);
}
