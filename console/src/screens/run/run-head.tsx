// What a run is and how far it is: status, allowance, chain, and the two things that can be done.
import type { Run } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useConsole, useMay } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Ident } from '../../components/ident.tsx';
import { Inert, InertLine } from '../../components/inert.tsx';
import { Meter } from '../../components/meter.tsx';
import { duration, Moment } from '../../components/moment.tsx';
import { money } from '../../components/money.ts';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { shortId } from '../../components/short-id.ts';
import { Status, UnknownEffects } from '../../components/status.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { ChainStatus } from './chain/chain-status.tsx';
import type { Verified } from './chain/verified.ts';

const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

export function hasEnded(run: Pick<Run, 'status'>): boolean {
  return ENDED.has(run.status);
}

function Cancel({ run }: { readonly run: Run }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const cancel = useMutation({
    mutationFn: () => api.runs.cancel(run.id),
    onSuccess: (changed) => {
      queries.setQueryData(['run', run.id], changed);
      void queries.invalidateQueries({ queryKey: ['runs'] });
      setOpen(false);
    },
  });
  return (
    <>
      <Button onPress={() => setOpen(true)}>Cancel the run</Button>
      <Panel title="Cancel this run?" isOpen={open} onClose={() => setOpen(false)}>
        <p>It stops at once and does not go on. What it did so far stays: its events, its artifacts, what it spent.</p>
        {cancel.isError && <ProblemNote error={cancel.error} />}
        <div className="panel-actions">
          <Button onPress={() => setOpen(false)}>Let it go on</Button>
          <Button kind="danger" isDisabled={cancel.isPending} onPress={() => cancel.mutate()}>
            Cancel the run
          </Button>
        </div>
      </Panel>
    </>
  );
}

/** Counts up while the run is at work. */
function useSeconds(run: Run): number {
  const [now, setNow] = useState(Date.now);
  const running = run.status === 'running';
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [running]);
  if (run.started_at === null) return 0;
  const end = run.ended_at === null ? Math.max(now, Date.parse(run.started_at)) : Date.parse(run.ended_at);
  return (end - Date.parse(run.started_at)) / 1_000;
}

function Meters({ run }: { readonly run: Run }) {
  const { usage, budget } = run;
  const seconds = useSeconds(run);
  const count = (of: number): string => of.toLocaleString('en-US');
  return (
    <div className="meters">
      <Meter
        name="Cost"
        used={Number(usage.cost)}
        most={Number(budget.cost)}
        text={`${money(usage.cost)} of ${money(budget.cost)}`}
      />
      <Meter
        name="Calls"
        used={usage.calls}
        most={budget.calls}
        text={`${count(usage.calls)} of ${count(budget.calls)}`}
      />
      <Meter
        name="Tokens"
        used={usage.tokens}
        most={budget.tokens}
        text={`${count(usage.tokens)} of ${count(budget.tokens)}`}
      />
      <Meter
        name="Time"
        used={seconds}
        most={budget.seconds}
        text={`${duration(seconds * 1_000)} of ${duration(budget.seconds * 1_000)}`}
      />
    </div>
  );
}

export function RunHead({
  run,
  verified,
  onVerify,
}: {
  readonly run: Run;
  readonly verified: Verified | undefined;
  readonly onVerify: () => void;
}) {
  const { base } = useConsole();
  const mayCancel = useMay('runs:write');
  return (
    <>
      <PageHead title={`Run ${shortId(run.id)}`}>
        {mayCancel && !hasEnded(run) && <Cancel run={run} />}
        <a className="button" href={`${base}v1/runs/${run.id}/export`} download={`run-${run.id}.jsonl`}>
          Export
        </a>
      </PageHead>
      <div className="row run-facts" data-id={run.id}>
        <Status status={run.status} />
        <UnknownEffects count={run.unknown_effects} />
        <span>{run.skill}</span>
        <span>
          <InertLine text={run.model} most={60} />
          {run.model === 'rehearsal' && <span className="muted"> (no language model: a rule-based stand-in)</span>}
        </span>
        <span>
          <Moment time={run.created_at} />
        </span>
        <Ident id={run.id} what="run id" />
        <ChainStatus verified={verified} onVerify={onVerify} />
      </div>
      <Meters run={run} />
      <TaskAndResult run={run} />
    </>
  );
}

function TaskAndResult({ run }: { readonly run: Run }) {
  return (
    <div className="task">
      <Inert text={run.task} label="Task" />
      {run.result !== null && <Inert text={run.result.outcome} label="Outcome, written by the model" />}
      {run.status === 'failed' && (
        <p className="note" data-kind="problem">
          <span>
            The run failed: <code>{run.error_code ?? 'unknown'}</code>. The last events say what happened.
          </span>
        </p>
      )}
    </div>
  );
}
