// One run, live: its head, its events and what it left behind. Tab, filter and event are in the address.

import type { Run } from '@sallyport/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { RUN_TABS, type RunSearch, type RunTab } from '../../addresses.ts';
import { useConsole } from '../../api/console.ts';
import { runQuery, tellChain } from '../../api/queries.ts';
import { Loading } from '../../components/loading.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { shortId } from '../../components/short-id.ts';
import { statusWord } from '../../components/status-words.ts';
import { useScreenKeys } from '../../frame/key-press.ts';
import { PageHead } from '../../frame/page-head.tsx';
import { useRunLog } from '../../live/use-live.ts';
import { ArtifactList } from '../artifacts/artifacts.tsx';
import { EntityList } from '../entities/entities.tsx';
import type { Verified } from './chain/verified.ts';
import { useChain } from './chain/verify-chain.ts';
import { useOtherRun } from './other-run.ts';
import { Effects } from './parts/effects.tsx';
import { Messages } from './parts/messages.tsx';
import { RunUsagePart } from './parts/run-usage.tsx';
import { StepList } from './parts/step-list.tsx';
import { hasEnded, RunHead } from './run-head.tsx';
import { TimelineTab } from './timeline/timeline-tab.tsx';

const TAB_WORDS: Readonly<Record<RunTab, string>> = {
  timeline: 'Timeline',
  steps: 'Steps',
  messages: 'Messages',
  artifacts: 'Artifacts',
  entities: 'Entities',
  effects: 'Effects',
  usage: 'Usage',
};

export function RunPage() {
  const { api } = useConsole();
  const { id } = useParams({ from: '/frame/runs/$id' });
  const { data: run, error, isPending, refetch } = useQuery(runQuery(api, id));
  useRunKeys(id);
  if (run === undefined)
    return (
      <>
        <PageHead title="Run" window={`Run ${shortId(id)}`} />
        {isPending ? <Loading what="the run" /> : <ProblemNote error={error} retry={() => void refetch()} />}
      </>
    );
  return <LiveRun key={id} run={run} />;
}

/** Heard while the run is still on its way, too. */
function useRunKeys(id: string): void {
  const { event, ...rest } = useSearch({ from: '/frame/runs/$id' });
  const navigate = useNavigate({ from: '/runs/$id' });
  const other = useOtherRun(id);
  useScreenKeys({
    '[': () => other('newer'),
    ']': () => other('older'),
    Escape: () => {
      if (event === undefined) void navigate({ to: '/runs' });
      else void navigate({ search: rest, replace: true, resetScroll: false });
      return true;
    },
  });
}

/** The run is asked for again when its log grew; what it is is never guessed from an event. */
function useFreshRun(id: string, count: number, last: string | undefined, ended: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (ended || count === 0) return;
    const wait = last?.startsWith('run.') === true ? 0 : 1_000;
    const timer = setTimeout(() => {
      for (const key of ['run', 'effects', 'run-usage']) void queries.invalidateQueries({ queryKey: [key, id] });
    }, wait);
    return () => clearTimeout(timer);
  }, [queries, id, count, last, ended]);
  useEffect(() => {
    if (!ended) return;
    for (const key of ['artifacts', 'entities', 'effects', 'run-usage'])
      void queries.invalidateQueries({ queryKey: [key, id] });
  }, [queries, id, ended]);
}

/** A chain that this browser found broken is told on every screen. */
function useTellChain(id: string, verified: Verified | undefined): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (verified?.kind === 'broken')
      tellChain(queries, id, { of: 'run', id, seq: verified.seq, detail: verified.detail });
    if (verified?.kind === 'whole') tellChain(queries, id, undefined);
  }, [queries, id, verified]);
}

function LiveRun({ run }: { readonly run: Run }) {
  const search = useSearch({ from: '/frame/runs/$id' });
  const navigate = useNavigate({ from: '/runs/$id' });
  const ended = hasEnded(run);
  const log = useRunLog(run.id, !ended);
  const rows = useSyncExternalStore(log.subscribe, log.rows);
  const version = useSyncExternalStore(log.subscribe, log.version);
  const [asked, setAsked] = useState(0);
  const verified = useChain({ kind: 'run', id: run.id }, ended ? run.last_seq + asked : asked, ended || asked > 0);
  useFreshRun(run.id, rows.length, rows.at(-1)?.type, ended);
  const go = useCallback(
    (next: RunSearch) => void navigate({ search: next, replace: true, resetScroll: false }),
    [navigate],
  );
  const without = ({ event: _event, ...rest }: RunSearch): RunSearch => rest;
  const select = (seq: number | undefined): void => go(seq === undefined ? without(search) : { ...search, event: seq });
  const tab = search.tab ?? 'timeline';
  useTellChain(run.id, verified);
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
          <TimelineTab log={log} rows={rows} version={version} search={search} ended={ended} go={go} select={select} />
        </TabPanel>
        <TabPanel id="steps" className="tab-panel">
          <StepList rows={rows} onOpen={(seq) => go({ event: seq })} />
        </TabPanel>
        <TabPanel id="messages" className="tab-panel">
          <Messages log={log} rows={rows} onOpen={(seq) => go({ event: seq })} />
        </TabPanel>
        <TabPanel id="artifacts" className="tab-panel">
          <ArtifactList runId={run.id} empty="This run stored no artifact." />
        </TabPanel>
        <TabPanel id="entities" className="tab-panel">
          <EntityList runId={run.id} empty="This run found no entity." />
        </TabPanel>
        <TabPanel id="effects" className="tab-panel">
          <Effects runId={run.id} />
        </TabPanel>
        <TabPanel id="usage" className="tab-panel">
          <RunUsagePart runId={run.id} />
        </TabPanel>
      </Tabs>
    </>
  );
}
