// The runs of the tenant, newest first, live; and the start of a new one.
import type { RunSummary } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useConsole, useMay } from '../../api/console.ts';
import { runsQuery } from '../../api/queries.ts';
import { Button, CopyButton } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { shortId } from '../../components/ident.tsx';
import { InertLine } from '../../components/inert.tsx';
import { LiveMark } from '../../components/live-mark.tsx';
import { Loading } from '../../components/loading.tsx';
import { money } from '../../components/meter.tsx';
import { Moment } from '../../components/moment.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { Status } from '../../components/status.tsx';
import { isStatus, STATUSES, statusWord } from '../../components/status-words.ts';
import { PageHead } from '../../frame/page-head.tsx';
import { useLiveRuns } from '../../live/use-live.ts';
import { StartRun } from './start-run.tsx';

const ANY = 'any';
const FILTERS = [{ id: ANY, name: 'Any status' }, ...STATUSES.map((id) => ({ id, name: statusWord(id) }))];
const COMMAND = 'npx sallyport run --page https://example.com/ "What does it say?"';

function RunTable({ runs }: { readonly runs: readonly RunSummary[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keys
    <section className="table-frame" aria-label="Runs" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Run</th>
            <th scope="col">Skill</th>
            <th scope="col">Model</th>
            <th scope="col" className="number">
              Calls
            </th>
            <th scope="col" className="number">
              Cost
            </th>
            <th scope="col" className="number">
              Started
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td>
                <Status status={run.status} />
              </td>
              <td>
                <Link to="/runs/$id" params={{ id: run.id }} className="mono" data-row>
                  {shortId(run.id)}
                </Link>
              </td>
              <td className="fact">{run.skill}</td>
              <td>
                <InertLine text={run.model} most={40} />
              </td>
              <td className="number">{run.usage.calls}</td>
              <td className="number">{money(run.usage.cost)}</td>
              <td className="number">
                <Moment time={run.created_at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Nothing({ filtered, onStart }: { readonly filtered: boolean; readonly onStart: () => void }) {
  const navigate = useNavigate();
  if (filtered)
    return (
      <EmptyNote action={<Button onPress={() => void navigate({ to: '/runs' })}>Show all runs</Button>}>
        No run has this status.
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

export function Runs() {
  const { api } = useConsole();
  const { status } = useSearch({ from: '/frame/runs' });
  const navigate = useNavigate();
  const mayStart = useMay('runs:write');
  const [starting, setStarting] = useState(false);
  useLiveRuns();
  const runs = useInfiniteQuery(runsQuery(api, status));
  const choose = (id: string): void =>
    void navigate({ to: '/runs', search: isStatus(id) ? { status: id } : {}, replace: true });
  return (
    <>
      <PageHead title="Runs">
        {mayStart && (
          <Button kind="main" onPress={() => setStarting(true)}>
            Start a run
          </Button>
        )}
      </PageHead>
      <div className="filters">
        <div data-filter>
          <Choice label="Status" quiet options={FILTERS} value={status ?? ANY} onChange={choose} />
        </div>
        <LiveMark />
      </div>
      {runs.isPending && <Loading what="the runs" />}
      {runs.isError && <ProblemNote error={runs.error} retry={() => void runs.refetch()} />}
      {runs.data?.length === 0 && <Nothing filtered={status !== undefined} onStart={() => setStarting(true)} />}
      {runs.data !== undefined && runs.data.length > 0 && <RunTable runs={runs.data} />}
      <More has={runs.hasNextPage} busy={runs.isFetchingNextPage} onMore={() => void runs.fetchNextPage()} />
      {starting && <StartRun onClose={() => setStarting(false)} />}
    </>
  );
}
