// A look at a run from its list: its last event, and why it waits.
import type { RunSummary } from '@sallyport/contracts';
import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../api/console.ts';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { viewOf } from '../../events/event-view.tsx';

export function Peek({ run }: { readonly run: RunSummary }) {
  const { api } = useConsole();
  const last = useQuery({
    queryKey: ['last-event', run.id, run.last_seq],
    queryFn: async ({ signal }) =>
      (await api.runs.events(run.id, { after: run.last_seq - 1, limit: 1, signal })).at(-1) ?? null,
  });
  if (last.isPending) return <Loading what="the last event" />;
  if (last.isError) return <ProblemNote error={last.error} retry={() => void last.refetch()} />;
  if (last.data === null) return <p className="muted">It has no event yet.</p>;
  const { data, ...row } = last.data;
  const view = viewOf(row, { data });
  return (
    <div className="peek">
      <p>
        <span className="muted">#{row.seq}</span> <strong>{view.title}</strong> {view.line}
      </p>
      <p className="small muted">
        <Moment time={row.time} />
        {run.status === 'waiting' && ', and it waits for a person'}
        {run.unknown_effects > 0 &&
          `, and nobody knows whether ${run.unknown_effects === 1 ? 'one of its effects' : `${run.unknown_effects} of its effects`} happened`}
      </p>
    </div>
  );
}
