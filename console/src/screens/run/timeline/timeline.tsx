// The events of a run as a grid that draws only what is in view. It follows the end while the end is in view.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useCallback, useEffect, useRef, useState } from 'react';
import { Button } from '../../../components/button.tsx';
import { exactTime } from '../../../components/moment.tsx';
import { viewOf } from '../../../events/event-view.tsx';
import type { Body, Row, RunLog } from '../../../live/run-log.ts';

const ROW = 32;
const OVERSCAN = 30;
const NEAR_ROWS = 6;
const BODY_WAIT_MS = 250;
const AT_END = 24;

interface Props {
  readonly log: RunLog;
  readonly rows: readonly Row[];
  readonly selected: number | undefined;
  readonly onSelect: (seq: number | undefined) => void;
  readonly empty: string;
  /** A run that has ended is read from its beginning. */
  readonly live: boolean;
  /** From this seq on the run had read what nobody vouches for. */
  readonly tainted: number | undefined;
}

/** Loads the bodies of what rests in view, not of what flies past. */
function useBodies(log: RunLog, rows: readonly Row[], first: number, last: number): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      const seen = rows
        .slice(Math.max(0, first - NEAR_ROWS), last + 1 + NEAR_ROWS)
        .filter((row) => row.data_state === 'present');
      let from = seen[0]?.seq;
      for (const [at, row] of seen.entries()) {
        if (from === undefined) from = row.seq;
        if (seen[at + 1]?.seq !== row.seq + 1) {
          log.want(from, row.seq);
          from = undefined;
        }
      }
    }, BODY_WAIT_MS);
    return () => clearTimeout(timer);
  }, [log, rows, first, last]);
}

function useFollow(live: boolean, count: number, scroller: React.RefObject<HTMLDivElement | null>, toEnd: () => void) {
  const [following, setFollowing] = useState(live);
  const [seen, setSeen] = useState(0);
  useEffect(() => {
    if (!following) return;
    setSeen(count);
    if (count > 0) toEnd();
  }, [following, count, toEnd]);
  const onScroll = (): void => {
    const at = scroller.current;
    if (at !== null) setFollowing(at.scrollHeight - at.scrollTop - at.clientHeight < AT_END);
  };
  return { following, fresh: Math.max(0, count - seen), onScroll, follow: () => setFollowing(true) };
}

export function Timeline({ log, rows, selected, onSelect, empty, live, tainted }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: OVERSCAN,
    getItemKey: (at) => rows[at]?.seq ?? at,
    // A scroll event must not wait for React: what is drawn late is drawn in the next frame.
    useFlushSync: false,
  });
  const jump = useRef(virtual);
  jump.current = virtual;
  const [toEnd] = useState(() => () => jump.current.scrollToIndex(jump.current.options.count - 1, { align: 'end' }));
  const follow = useFollow(live && selected === undefined, rows.length, scroller, toEnd);
  const range = virtual.range ?? { startIndex: 0, endIndex: 0 };
  useBodies(log, rows, range.startIndex, range.endIndex);
  const at = selected === undefined ? -1 : rows.findIndex((row) => row.seq === selected);
  const choose = useRef(onSelect);
  choose.current = onSelect;
  const arrived = useRef(false);
  const select = useCallback((seq: number) => {
    arrived.current = true;
    choose.current(seq);
  }, []);

  useEffect(() => {
    if (arrived.current || at === -1) return;
    arrived.current = true;
    jump.current.scrollToIndex(at, { align: 'center' });
  }, [at]);

  const move = (to: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row === undefined) return;
    arrived.current = true;
    onSelect(row.seq);
    virtual.scrollToIndex(rows.indexOf(row), { align: 'auto' });
  };
  const press = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      j: at + 1,
      ArrowDown: at + 1,
      k: at - 1,
      ArrowUp: at - 1,
      PageDown: at + 20,
      PageUp: at - 20,
      Home: 0,
      End: rows.length - 1,
    };
    const to = steps[event.key];
    if (event.key === 'Escape' && selected !== undefined) onSelect(undefined);
    else if (to !== undefined) move(to);
    else return;
    event.preventDefault();
  };
  return (
    <div className="timeline">
      <div
        ref={scroller}
        className="timeline-scroll"
        role="grid"
        aria-label="Events"
        aria-rowcount={rows.length}
        aria-colcount={4}
        aria-activedescendant={at === -1 ? undefined : `event-${selected}`}
        tabIndex={0}
        onScroll={follow.onScroll}
        onKeyDown={press}
      >
        {rows.length === 0 && (
          <div role="row" tabIndex={-1}>
            <div role="gridcell" tabIndex={-1} className="muted timeline-empty">
              {empty}
            </div>
          </div>
        )}
        <div className="timeline-rows" role="presentation" style={{ blockSize: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <EventRow
                key={item.key}
                row={row}
                body={log.body(row.seq)}
                place={item.index}
                top={item.start}
                selected={row.seq === selected}
                tainted={tainted !== undefined && row.seq >= tainted}
                onSelect={select}
              />
            );
          })}
        </div>
      </div>
      {live && !follow.following && follow.fresh > 0 && (
        <div className="timeline-fresh">
          <Button onPress={follow.follow}>{follow.fresh} new, go to the end</Button>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  readonly row: Row;
  readonly body: Body | undefined;
  readonly place: number;
  readonly top: number;
  readonly selected: boolean;
  readonly tainted: boolean;
  readonly onSelect: (seq: number) => void;
}

/** Drawn again only when something of it changed: while the list moves, all rows but the new ones stay as they are. */
const EventRow = memo(({ row, body, place, top, selected, tainted, onSelect }: RowProps) => {
  const view = viewOf(row, body);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid around it holds the focus and hears the keys
    <div
      id={`event-${row.seq}`}
      className="event-row"
      role="row"
      tabIndex={-1}
      aria-rowindex={place + 1}
      aria-selected={selected}
      data-tone={view.tone}
      data-tainted={tainted}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onSelect(row.seq)}
    >
      <span role="gridcell" tabIndex={-1} className="event-seq">
        #{row.seq}
      </span>
      <span role="gridcell" tabIndex={-1} className="event-title">
        <Tone tone={view.tone} />
        {view.title}
      </span>
      <span role="gridcell" tabIndex={-1} className="event-line">
        {view.line}
      </span>
      <span role="gridcell" tabIndex={-1} className="event-time">
        <time dateTime={row.time} title={exactTime(row.time)}>
          {row.time.slice(11, 19)}
        </time>
      </span>
    </div>
  );
});

const TONES: Readonly<Record<string, string>> = {
  good: 'M2 7.5l3.5 3.5L12 3.5',
  bad: 'M2.5 2.5l9 9m0-9l-9 9',
  held: 'M4.5 2v10M9.5 2v10',
  attention: 'M7 2v6.5M7 10.5v2',
};

function Tone({ tone }: { readonly tone: string }) {
  const path = TONES[tone];
  return (
    <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
      {path === undefined ? (
        <circle cx={7} cy={7} r={1.75} fill="currentColor" />
      ) : (
        <path d={path} fill="none" stroke="currentColor" strokeWidth={2} />
      )}
    </svg>
  );
}
