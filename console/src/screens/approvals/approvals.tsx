// Held calls: what waits for a person, the soonest to end first; and what was decided.
import type { ApprovalState, ApprovalSummary } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { APPROVAL_STATES } from '../../addresses.ts';
import { useConsole } from '../../api/console.ts';
import { approvalsQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { Countdown } from '../../components/countdown.tsx';
import { InertLine } from '../../components/inert.tsx';
import { LiveMark } from '../../components/live-mark.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { shortId } from '../../components/short-id.ts';
import { ApprovalMark } from '../../components/status.tsx';
import { Table } from '../../components/table.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { useLiveRuns } from '../../live/use-live.ts';
import { barredSentence } from './words.ts';

const COLUMNS = ['State', 'Call', 'Effect', 'Held because', 'Run', 'Seats', { name: 'Ends', number: true }];
const STATE_WORDS: Readonly<Record<ApprovalState, string>> = {
  pending: 'Waiting',
  approved: 'Approved',
  denied: 'Denied',
  expired: 'Expired',
  used: 'Approved and begun',
  void: 'Void',
};
const OPTIONS = APPROVAL_STATES.map((id) => ({ id, name: STATE_WORDS[id] }));

function Row({ approval }: { readonly approval: ApprovalSummary }) {
  const { id, tool, effect, rule, state, run_id: run, seats, approvals, barred } = approval;
  return (
    <tr data-id={id}>
      <td>
        <ApprovalMark state={state} />
      </td>
      <td>
        <Link to="/approvals/$id" params={{ id }} data-row>
          <InertLine text={tool} most={80} />
        </Link>
      </td>
      <td className="fact">
        <InertLine text={effect} most={40} />
      </td>
      <td>
        <InertLine text={rule} most={80} />
        {state === 'pending' && barred !== null && <span className="muted"> {barredSentence(barred)}</span>}
      </td>
      <td className="fact">
        <Link to="/runs/$id" params={{ id: run }} className="mono">
          {shortId(run)}
        </Link>
      </td>
      <td className="fact">
        {approvals} of {seats}
      </td>
      <td className="number">
        {state === 'pending' ? (
          <Countdown to={Date.parse(approval.expires_at)} />
        ) : (
          <Moment time={approval.decided_at ?? approval.expires_at} />
        )}
      </td>
    </tr>
  );
}

function Nothing({ state }: { readonly state: ApprovalState }) {
  const navigate = useNavigate();
  if (state === 'pending')
    return (
      <EmptyNote>
        Nothing waits for a person. A call is held here when the rules cannot vouch for it, and is denied if nobody
        decides in time.
      </EmptyNote>
    );
  return (
    <EmptyNote action={<Button onPress={() => void navigate({ to: '/approvals' })}>Show what waits</Button>}>
      No held call is in this state.
    </EmptyNote>
  );
}

export function Approvals() {
  const { api } = useConsole();
  const { state = 'pending' } = useSearch({ from: '/frame/approvals' });
  const navigate = useNavigate();
  useLiveRuns();
  const approvals = useInfiniteQuery(approvalsQuery(api, state));
  const rows =
    state === 'pending'
      ? approvals.data?.toSorted((one, other) => (one.expires_at < other.expires_at ? -1 : 1))
      : approvals.data;
  const choose = (id: string): void => {
    const chosen = APPROVAL_STATES.find((one) => one === id) ?? 'pending';
    void navigate({ to: '/approvals', search: chosen === 'pending' ? {} : { state: chosen }, replace: true });
  };
  return (
    <>
      <PageHead title="Approvals" />
      <div className="filters">
        <div data-filter>
          <Choice label="State" quiet options={OPTIONS} value={state} onChange={choose} />
        </div>
        <LiveMark />
      </div>
      {approvals.isPending && <Loading what="the held calls" />}
      {approvals.isError && <ProblemNote error={approvals.error} retry={() => void approvals.refetch()} />}
      {rows?.length === 0 && <Nothing state={state} />}
      {rows !== undefined && rows.length > 0 && (
        <Table label="Held calls" columns={COLUMNS}>
          {rows.map((approval) => (
            <Row key={approval.id} approval={approval} />
          ))}
        </Table>
      )}
      <More
        has={approvals.hasNextPage}
        busy={approvals.isFetchingNextPage}
        onMore={() => void approvals.fetchNextPage()}
      />
    </>
  );
}
