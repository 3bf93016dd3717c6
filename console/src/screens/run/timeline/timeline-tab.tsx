// The events of the run, what of them is shown, and the one that is open.
import { useMemo } from 'react';
import { EVENT_FILTERS, type RunSearch } from '../../../addresses.ts';
import { LiveMark } from '../../../components/live-mark.tsx';
import { ProblemNote } from '../../../components/notes.tsx';
import { Split } from '../../../components/split.tsx';
import type { Row, RunLog } from '../../../live/run-log.ts';
import { useHubState } from '../../../live/use-live.ts';
import { FILTER_WORDS, keepRows } from './event-filter.ts';
import { EventPanel } from './event-panel.tsx';
import { useTaint } from './taint.ts';
import { Timeline } from './timeline.tsx';

interface Props {
  readonly log: RunLog;
  readonly rows: readonly Row[];
  readonly version: number;
  readonly search: RunSearch;
  readonly ended: boolean;
  readonly go: (search: RunSearch) => void;
  readonly select: (seq: number | undefined) => void;
}

function Filters({ search, go }: Pick<Props, 'search' | 'go'>) {
  const show = search.show ?? 'all';
  return (
    <fieldset className="chips" data-filter>
      <legend className="hidden">Events shown</legend>
      {EVENT_FILTERS.map((one) => (
        <button
          key={one}
          type="button"
          className="chip"
          aria-pressed={one === show}
          onClick={() => {
            const { show: _show, ...rest } = search;
            go(one === 'all' ? rest : { ...rest, show: one });
          }}
        >
          {FILTER_WORDS[one]}
        </button>
      ))}
    </fieldset>
  );
}

export function TimelineTab({ log, rows, version, search, ended, go, select }: Props) {
  const show = search.show ?? 'all';
  const tainted = useTaint(log, rows, version);
  const kept = useMemo(() => keepRows(rows, show, tainted), [rows, show, tainted]);
  const chosen = search.event === undefined ? undefined : rows[search.event];
  const fault = log.error();
  if (fault !== undefined && rows.length === 0) return <ProblemNote error={fault} retry={() => void log.fill()} />;
  return (
    <>
      <div className="filters">
        <Filters search={search} go={go} />
        {tainted !== undefined && (
          <button type="button" className="taint-mark" onClick={() => select(tainted)}>
            Tainted from #{tainted}
          </button>
        )}
        {ended ? <span className="live">{rows.length} events</span> : <StreamState shown={rows.length - 1} />}
      </div>
      <Split
        label="Width of the list and of the event"
        list={
          <Timeline
            key={show}
            log={log}
            rows={kept}
            live={!ended}
            tainted={tainted}
            selected={search.event}
            onSelect={select}
            empty={show === 'all' ? 'No event yet.' : 'No event of this kind.'}
          />
        }
        detail={
          chosen && (
            <EventPanel
              log={log}
              rows={rows}
              row={chosen}
              tainted={tainted}
              onSelect={select}
              onClose={() => select(undefined)}
            />
          )
        }
      />
    </>
  );
}

function StreamState({ shown }: { readonly shown: number }) {
  const state = useHubState();
  if (state !== 'reconnecting') return <LiveMark />;
  return <span className="live">Reconnecting, shown up to #{Math.max(0, shown)}</span>;
}
