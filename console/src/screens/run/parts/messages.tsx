// Every message of the model, in order. Whatever a model wrote is text and no more.
import { useEffect, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { EmptyNote } from '../../../components/notes.tsx';
import { viewOf } from '../../../events/event-view.tsx';
import type { Row, RunLog } from '../../../live/run-log.ts';

const PAGE = 50;

interface Props {
  readonly log: RunLog;
  readonly rows: readonly Row[];
  readonly onOpen: (seq: number) => void;
}

function Message({
  log,
  row,
  onOpen,
}: {
  readonly log: RunLog;
  readonly row: Row;
  readonly onOpen: (seq: number) => void;
}) {
  const view = viewOf(row, log.body(row.seq));
  return (
    <li>
      <details className="message" open>
        <summary>
          <span className="mono muted">#{row.seq}</span> {view.title}
          <span className="message-line">{view.line}</span>
        </summary>
        <div className="message-body">
          {view.detail ?? <p className="muted">Loading the message</p>}
          <div className="quiet-acts">
            <Button kind="quiet" onPress={() => onOpen(row.seq)}>
              Show in the timeline
            </Button>
          </div>
        </div>
      </details>
    </li>
  );
}

export function Messages({ log, rows, onOpen }: Props) {
  const [most, setMost] = useState(PAGE);
  const all = rows.filter(({ type }) => type === 'model.message');
  const shown = all.slice(0, most);
  const wanted = shown.filter(({ data_state: state }) => state === 'present').map(({ seq }) => seq);
  const last = wanted.at(-1);
  useEffect(() => {
    for (const row of rows.slice(0, (last ?? -1) + 1))
      if (row.type === 'model.message' && row.data_state === 'present') log.want(row.seq, row.seq);
  }, [log, rows, last]);
  return (
    <div className="stack">
      {all.length === 0 && <EmptyNote>The model has said nothing yet.</EmptyNote>}
      <ol className="stack">
        {shown.map((row) => (
          <Message key={row.seq} log={log} row={row} onOpen={onOpen} />
        ))}
      </ol>
      {all.length > shown.length && (
        <div>
          <Button onPress={() => setMost(most + PAGE)}>
            Show {Math.min(PAGE, all.length - shown.length)} more of {all.length}
          </Button>
        </div>
      )}
    </div>
  );
}
