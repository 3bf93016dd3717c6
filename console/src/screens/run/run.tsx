// One run, live: its head, its events and what it left behind. Tab, filter and event are in the address.

import type { Run } from '@sallyport/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { EVENT_FILTERS, type EventFilter, RUN_TABS, type RunSearch, type RunTab } from '../../addresses.ts';
import { useConsole } from '../../api/console.ts';
import { runQuery } from '../../api/queries.ts';
import { shortId } from '../../components/ident.tsx';
import { LiveMark } from '../../components/live-mark.tsx';
import { Loading } from '../../components/loading.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { statusWord } from '../../components/status-words.ts';
import { PageHead } from '../../frame/page-head.tsx';
import type { Row } from '../../live/run-log.ts';
import { useHubState, useRunLog } from '../../live/use-live.ts';
import { ArtifactList } from '../artifacts/artifacts.tsx';
import { EntityList } from '../entities/entities.tsx';
import { EventPanel } from './event-panel.tsx';
import { hasEnded, RunHead } from './run-head.tsx';
import { StepList } from './step-list.tsx';
import { Timeline } from './timeline.tsx';
import { useChain } from './verify-chain.ts';

const FILTER_WORDS: Readonly<Record<EventFilter, string>> = {
  all: 'All',
  model: 'Model',
  tools: 'Tools',
  failed: 'Failed',
};
const KEEPS: Readonly<Record<EventFilter, RegExp>> = {
  all: /^/,
  model: /^(?:model|usage)\./,
  tools: /^(?:tool|egress|artifact|entity|effect)\./,
  failed: /\.(?:failed|denied|blocked|exceeded)$/,
};
const TAB_WORDS: Readonly<Record<RunTab, string>> = {
  timeline: 'Timeline',
  steps: 'Steps',
  artifacts: 'Artifacts',
  entities: 'Entities',
};

export function RunPage() {
  const { api } = useConsole();
  const { id } = useParams({ from: '/frame/runs/$id' });
  const { data: run, error, isPending, refetch } = useQuery(runQuery(api, id));
  if (run === undefined)
    return (
      <>
        <PageHead title="Run" window={`Run ${shortId(id)}`} />
        {isPending ? <Loading what="the run" /> : <ProblemNote error={error} retry={() => void refetch()} />}
      </>
    );
  return <LiveRun key={id} run={run} />;
}

/** The run is asked for again when its log grew; what it is is never guessed from an event. */
function useFreshRun(id: string, count: number, last: string | undefined, ended: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (ended || count === 0) return;
    const wait = last?.startsWith('run.') === true ? 0 : 1_000;
    const timer = setTimeout(() => void queries.invalidateQueries({ queryKey: ['run', id] }), wait);
    return () => clearTimeout(timer);
  }, [queries, id, count, last, ended]);
  useEffect(() => {
    if (!ended) return;
    for (const key of ['artifacts', 'entities']) void queries.invalidateQueries({ queryKey: [key, id] });
  }, [queries, id, ended]);
}

function LiveRun({ run }: { readonly run: Run }) {
  const search = useSearch({ from: '/frame/runs/$id' });
  const navigate = useNavigate({ from: '/runs/$id' });
  const ended = hasEnded(run);
  const log = useRunLog(run.id, !ended);
  const rows = useSyncExternalStore(log.subscribe, log.rows);
  useSyncExternalStore(log.subscribe, log.version);
  const [asked, setAsked] = useState(0);
  const verified = useChain(run.id, ended ? run.last_seq + asked : asked, ended || asked > 0);
  useFreshRun(run.id, rows.length, rows.at(-1)?.type, ended);
  const go = useCallback(
    (next: RunSearch) => void navigate({ search: next, replace: true, resetScroll: false }),
    [navigate],
  );
  const without = ({ event: _event, ...rest }: RunSearch): RunSearch => rest;
  const select = (seq: number | undefined): void => go(seq === undefined ? without(search) : { ...search, event: seq });
  const tab = search.tab ?? 'timeline';
  return (
    <>
      <RunHead run={run} verified={verified} onVerify={() => setAsked(asked + 1)} />
      <p className="hidden" role="status">
        The run is {statusWord(run.status)}.
      </p>
      <Tabs
        className="tabs"
        selectedKey={tab}
        onSelectionChange={(key) => {
          const chosen = RUN_TABS.find((one) => one === key);
          if (chosen !== undefined && chosen !== tab) go({ ...without(search), tab: chosen });
        }}
      >
        <TabList className="tab-list" aria-label="Parts of the run">
          {RUN_TABS.map((one) => (
            <Tab key={one} id={one} className="tab">
              {TAB_WORDS[one]}
            </Tab>
          ))}
        </TabList>
        <TabPanel id="timeline" className="tab-panel">
          <TimelineTab log={log} rows={rows} search={search} ended={ended} go={go} select={select} />
        </TabPanel>
        <TabPanel id="steps" className="tab-panel">
          <StepList rows={rows} onOpen={(seq) => go({ event: seq })} />
        </TabPanel>
        <TabPanel id="artifacts" className="tab-panel">
          <ArtifactList runId={run.id} empty="This run stored no artifact." />
        </TabPanel>
        <TabPanel id="entities" className="tab-panel">
          <EntityList runId={run.id} empty="This run found no entity." />
        </TabPanel>
      </Tabs>
    </>
  );
}

interface TimelineTabProps {
  readonly log: ReturnType<typeof useRunLog>;
  readonly rows: readonly Row[];
  readonly search: RunSearch;
  readonly ended: boolean;
  readonly go: (search: RunSearch) => void;
  readonly select: (seq: number | undefined) => void;
}

function TimelineTab({ log, rows, search, ended, go, select }: TimelineTabProps) {
  const show = search.show ?? 'all';
  const kept = useMemo(() => (show === 'all' ? rows : rows.filter((row) => KEEPS[show].test(row.type))), [rows, show]);
  const chosen = search.event === undefined ? undefined : rows[search.event];
  const fault = log.error();
  return (
    <>
      <div className="filters">
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
        {ended ? <span className="live">{rows.length} events</span> : <StreamState shown={rows.length - 1} />}
      </div>
      {fault !== undefined && rows.length === 0 ? (
        <ProblemNote error={fault} retry={() => void log.fill()} />
      ) : (
        <div className="split" data-open={chosen !== undefined}>
          <Timeline
            key={show}
            log={log}
            rows={kept}
            live={!ended}
            selected={search.event}
            onSelect={select}
            empty={show === 'all' ? 'No event yet.' : 'No event of this kind.'}
          />
          {chosen !== undefined && <EventPanel log={log} row={chosen} onClose={() => select(undefined)} />}
        </div>
      )}
    </>
  );
}

function StreamState({ shown }: { readonly shown: number }) {
  const state = useHubState();
  if (state !== 'reconnecting') return <LiveMark />;
  return <span className="live">Reconnecting, shown up to #{Math.max(0, shown)}</span>;
}
