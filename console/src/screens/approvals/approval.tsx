// One held call: its card and, while it waits, the decision. Afterwards it stays, with who, when and why.
import type { Approval } from '@sallyport/contracts';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useConsole, useMay } from '../../api/console.ts';
import { approvalQuery, approvalsQuery } from '../../api/queries.ts';
import { Countdown } from '../../components/countdown.tsx';
import { Ident } from '../../components/ident.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { exactTime, Moment } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { shortId } from '../../components/short-id.ts';
import { ApprovalMark } from '../../components/status.tsx';
import { useScreenKeys } from '../../frame/key-press.ts';
import { PageHead } from '../../frame/page-head.tsx';
import { useLiveRuns } from '../../live/use-live.ts';
import { Card } from './card.tsx';
import { Decide } from './decide.tsx';
import { noteReopened } from './pace.ts';

function Decisions({ approval }: { readonly approval: Approval }) {
  if (approval.decisions.length === 0) return null;
  return (
    <section className="stack" aria-label="Decisions">
      <h2>Decisions</h2>
      <ul className="facts-list">
        {approval.decisions.map((decision) => (
          <li key={decision.user_id}>
            {decision.verdict === 'approve' ? 'Approved' : 'Denied'} by{' '}
            <Ident id={decision.user_id} what="id of the user" /> <Moment time={decision.decided_at} />
            {decision.reason !== null && (
              <>
                : <InertLine text={decision.reason} most={2_000} />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Calls of the same run that wait too: each is decided by itself. */
function Beside({ approval }: { readonly approval: Approval }) {
  const { api } = useConsole();
  const { data = [] } = useInfiniteQuery(approvalsQuery(api, 'pending'));
  const others = data.filter(({ id, run_id: run }) => run === approval.run_id && id !== approval.id);
  if (others.length === 0) return null;
  return (
    <section className="stack" aria-label="Held beside it">
      <h2>Held beside it, each decided by itself</h2>
      <ul className="facts-list">
        {others.map(({ id, tool, rule }) => (
          <li key={id}>
            <Link to="/approvals/$id" params={{ id }}>
              <InertLine text={tool} most={80} /> {shortId(id)}
            </Link>{' '}
            <span className="muted">
              <InertLine text={rule} most={80} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const OVER: Readonly<Record<string, string>> = {
  approved: 'Approved. It was not begun yet.',
  used: 'Approved, and the call was begun. Its run shows what became of it.',
  denied: 'Denied. The run goes on without it.',
  expired: 'Nobody decided in time, and that denies it.',
  void: 'Void: something changed before it could be used.',
};

function OneApproval({ approval }: { readonly approval: Approval }) {
  const mayDecide = useMay('approvals:decide');
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const open = approval.state === 'pending';
  const turn = (at: number): void => {
    const next = new Set(opened);
    if (!next.delete(at)) next.add(at);
    setOpened(next);
  };
  return (
    <article className="approval" data-open={open} data-id={approval.id}>
      <div className="row">
        <ApprovalMark state={approval.state} />
        {open && (
          <span>
            expires in <Countdown to={Date.parse(approval.expires_at)} />, at {exactTime(approval.expires_at)}
          </span>
        )}
        {approval.seats > 1 && (
          <span>
            {approval.approvals} of {approval.seats} people approved
          </span>
        )}
      </div>
      {!open && (
        <p className="note" data-kind="over">
          {OVER[approval.state] ?? 'It is not open any more.'}
        </p>
      )}
      <Card approval={approval} opened={opened} onOpen={turn} />
      <Decisions approval={approval} />
      {open && mayDecide && <Decide approval={approval} opened={opened} />}
      {open && !mayDecide && <p className="muted">You may look at it. Another role decides it.</p>}
    </article>
  );
}

export function ApprovalPage() {
  const { api } = useConsole();
  const { id } = useParams({ from: '/frame/approvals/$id' });
  const navigate = useNavigate();
  const approval = useQuery(approvalQuery(api, id));
  useLiveRuns();
  useEffect(() => noteReopened(id), [id]);
  useScreenKeys({
    Escape: () => {
      void navigate({ to: '/approvals' });
      return true;
    },
  });
  const { data } = approval;
  return (
    <>
      <PageHead title={data === undefined ? 'Held call' : `Held call: ${data.tool.slice(0, 80)}`} />
      {approval.isPending && <Loading what="the held call" />}
      {data === undefined && approval.isError && (
        <ProblemNote error={approval.error} retry={() => void approval.refetch()} />
      )}
      {data !== undefined && (
        <>
          <OneApproval key={`${id} ${data.digest}`} approval={data} />
          <Beside approval={data} />
        </>
      )}
    </>
  );
}
