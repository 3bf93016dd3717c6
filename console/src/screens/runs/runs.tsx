// The runs of the tenant, live: what waits for a person above the rest, then the newest first; and the start of a new one.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { readRuns } from '../../addresses.ts';
import { useConsole, useMay } from '../../api/console.ts';
import { attentionQuery, runsQuery } from '../../api/queries.ts';
import { Button, CopyButton } from '../../components/button.tsx';
import { LiveMark } from '../../components/live-mark.tsx';
import { Loading } from '../../components/loading.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { useScreenKeys } from '../../frame/key-press.ts';
import { PageHead } from '../../frame/page-head.tsx';
import { useLiveRuns } from '../../live/use-live.ts';
import { StartRun } from '../start/start-run.tsx';
import { RunFilters } from './filters.tsx';
import { filterOf, isFiltered, shownRuns } from './run-filter.ts';
import { RunTable } from './run-table.tsx';

const COMMAND = 'npx sallyport run --page https://example.com/ "What does it say?"';

function Nothing({ filtered, onStart }: { readonly filtered: boolean; readonly onStart: () => void }) {
  const navigate = useNavigate();
  if (filtered)
    return (
      <EmptyNote action={<Button onPress={() => void navigate({ to: '/runs' })}>Show all runs</Button>}>
        No run fits these filters.
      </EmptyNote>
    );
  return (
    <EmptyNote
      action={
        <div className="row">
          <Button kind="main" onPress={onStart}>
            Start a run
          </Button>
          <code>{COMMAND}</code>
          <CopyButton text={COMMAND} label="command" />
        </div>
      }
    >
      No run yet. A run carries out one task by a skill, and everything it does is recorded here.
    </EmptyNote>
  );
}

/** The id of the newest run that is shown: what comes later waits until it is asked for. */
function useNewest(filter: string, newest: string | undefined): readonly [string | undefined, () => void] {
  const [upTo, setUpTo] = useState<{ readonly filter: string; readonly id: string }>();
  const mine = upTo?.filter === filter ? upTo.id : undefined;
  const show = (): void => {
    if (newest !== undefined) setUpTo({ filter, id: newest });
  };
  useEffect(() => {
    if (mine === undefined && newest !== undefined) setUpTo({ filter, id: newest });
  }, [filter, mine, newest]);
  return [mine, show];
}

export function Runs() {
  const { api } = useConsole();
  const search = useSearch({ from: '/frame/runs' });
  const navigate = useNavigate();
  const mayStart = useMay('runs:write');
  const [peeked, setPeeked] = useState<string>();
  useLiveRuns();
  const filtered = isFiltered(search);
  const runs = useInfiniteQuery(runsQuery(api, filterOf(search, Date.now())));
  const attention = useQuery({ ...attentionQuery(api), enabled: !filtered });
  const pinned = filtered ? [] : (attention.data ?? []);
  const [newest, showNewest] = useNewest(JSON.stringify({ ...search, open: undefined }), runs.data?.[0]?.id);
  const { shown, fresh } = shownRuns(runs.data ?? [], pinned, newest);
  const go = (open: 'start' | undefined): void =>
    void navigate({ to: '/runs', search: readRuns({ ...search, open }), replace: true });
  useScreenKeys({
    Escape: () => {
      if (peeked === undefined) return false;
      setPeeked(undefined);
      return true;
    },
  });
  const empty = runs.data !== undefined && shown.length === 0 && pinned.length === 0;
  return (
    <>
      <PageHead title="Runs">
        {mayStart && (
          <Button kind="main" onPress={() => go('start')}>
            Start a run
          </Button>
        )}
      </PageHead>
      <div className="filters">
        <RunFilters search={search} />
        <LiveMark />
      </div>
      {runs.isPending && <Loading what="the runs" />}
      {runs.isError && <ProblemNote error={runs.error} retry={() => void runs.refetch()} />}
      {fresh > 0 && (
        <div>
          <Button onPress={showNewest}>{fresh} new</Button>
        </div>
      )}
      {empty && fresh === 0 && <Nothing filtered={filtered} onStart={() => go('start')} />}
      {runs.data !== undefined && !empty && (
        <RunTable pinned={pinned} runs={shown} peeked={peeked} onPeek={setPeeked} />
      )}
      <More has={runs.hasNextPage} busy={runs.isFetchingNextPage} onMore={() => void runs.fetchNextPage()} />
      {mayStart && search.open === 'start' && <StartRun onClose={() => go(undefined)} />}
    </>
  );
}
