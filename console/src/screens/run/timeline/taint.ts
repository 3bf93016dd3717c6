// From which event on the run had read what nobody vouches for. The labels of completed calls say it; they are read in their order.
import { useEffect, useRef, useState } from 'react';
import { shape, text } from '../../../events/shape.ts';
import type { Row, RunLog } from '../../../live/run-log.ts';

const ENTERS = 'tool.call.completed';
const AHEAD = 8;

const labelled = shape({ label: shape({ integrity: text }) });

/** Goes on from where it stopped: a run of many events is read once. */
export class TaintScan {
  #next = 0;
  #from: number | undefined;

  /** The seq of the first such event; undefined while none is known. Asks for the bodies that it lacks. */
  read(rows: readonly Row[], log: Pick<RunLog, 'body' | 'want'>): number | undefined {
    while (this.#from === undefined && this.#next < rows.length) {
      const row = rows[this.#next];
      if (row !== undefined && row.type === ENTERS && this.#wait(row, rows, log)) break;
      this.#next++;
    }
    return this.#from;
  }

  #wait(row: Row, rows: readonly Row[], log: Pick<RunLog, 'body' | 'want'>): boolean {
    // Its label went with its body: no reason to trust it.
    if (row.data_state !== 'present') this.#from = row.seq;
    else {
      const body = log.body(row.seq);
      if (body === undefined) {
        const ahead = rows
          .slice(this.#next)
          .filter(({ type, data_state: state }) => type === ENTERS && state === 'present');
        for (const { seq } of ahead.slice(0, AHEAD)) log.want(seq, seq);
        return true;
      }
      if (labelled(body.data)?.label.integrity !== 'trusted') this.#from = row.seq;
    }
    return false;
  }
}

export function useTaint(log: RunLog, rows: readonly Row[], version: number): number | undefined {
  const scan = useRef<TaintScan>(undefined);
  scan.current ??= new TaintScan();
  const [from, setFrom] = useState<number>();
  useEffect(() => {
    if (version >= 0) setFrom(scan.current?.read(rows, log));
  }, [log, rows, version]);
  return from;
}
