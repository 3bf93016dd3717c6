// The decision. Deny and Approve weigh the same, neither is the default, and no key approves: a and d only bring the focus to a button.
import { SallyportError } from '@sallyport/client';
import type { Approval, DecideApproval } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useConsole } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Field } from '../../components/field.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { shortId } from '../../components/short-id.ts';
import { useScreenKeys } from '../../frame/key-press.ts';
import { type Approved, factToType, missing, pauseFor } from './decide-rules.ts';
import { noteApproved, readApproved } from './pace.ts';
import { barredSentence, DENIALS } from './words.ts';

function useDecision(approval: Approval) {
  const { api } = useConsole();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (said: Omit<DecideApproval, 'digest'>) =>
      api.approvals.decide(approval.id, { ...said, digest: approval.digest }),
    onSuccess: (now, { verdict }) => {
      if (verdict === 'approve') noteApproved(approval.id, Date.now());
      queries.setQueryData(['approval', approval.id], now);
    },
    onSettled: () => {
      for (const queryKey of [['approvals'], ['runs'], ['run', approval.run_id]])
        void queries.invalidateQueries({ queryKey });
    },
  });
}

function Pause({ pause }: { readonly pause: 'look' | Approved }) {
  return (
    <p className="note" data-kind="warning" role="alert">
      {pause === 'look' ? (
        'That was very fast. Read the call, then decide.'
      ) : (
        <span>
          Three approvals within 20 seconds are more than anybody reads. Open{' '}
          <Link to="/approvals/$id" params={{ id: pause.id }}>
            the last one, {shortId(pause.id)},
          </Link>{' '}
          once more; then come back.
        </span>
      )}
    </p>
  );
}

function Fault({ error }: { readonly error: unknown }) {
  if (error instanceof SallyportError && error.code === 'card_changed')
    return (
      <p className="note" data-kind="over" role="alert">
        Void: the arguments changed. Load the page again to see what is asked now.
      </p>
    );
  return <ProblemNote error={error} />;
}

export function Decide({ approval, opened }: { readonly approval: Approval; readonly opened: ReadonlySet<number> }) {
  const [openedAt] = useState(Date.now);
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const [pause, setPause] = useState<'look' | Approved>();
  const decision = useDecision(approval);
  const buttons = useRef<HTMLDivElement>(null);
  const focus = (at: number): boolean => {
    const button = buttons.current?.querySelectorAll('button')[at];
    button?.focus();
    return button !== undefined;
  };
  useScreenKeys({ d: () => focus(0), a: () => focus(1) });
  const fact = factToType(approval.card);
  const lacks = missing(approval, { opened, typed, reason });
  const said = reason.trim() === '' ? {} : { reason: reason.trim() };
  const approve = (): void => {
    const wait = pauseFor(readApproved(), openedAt, Date.now());
    setPause(wait);
    if (wait === undefined) decision.mutate({ verdict: 'approve', ...said });
  };
  const barred = approval.barred;
  return (
    <section className="decide" aria-label="Your decision">
      <Field
        label="Your reason"
        lines={2}
        maxLength={2_000}
        value={reason}
        onChange={setReason}
        about="Needed to approve. Whoever reads the record sees it."
      />
      <fieldset className="chips">
        <legend className="hidden">Reasons to deny</legend>
        {DENIALS.map((text) => (
          <button key={text} type="button" className="chip" onClick={() => setReason(text)}>
            {text}
          </button>
        ))}
      </fieldset>
      {fact !== undefined && (
        <Field
          label={`Type ${fact.name} to approve`}
          mono
          autoComplete="off"
          value={typed}
          onChange={setTyped}
          about="This cannot be taken back."
        />
      )}
      {barred !== null && <p className="muted">{barredSentence(barred)}</p>}
      {barred === null && lacks.length > 0 && (
        <ul className="small muted" aria-label="Before it can be approved">
          {lacks.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      {pause !== undefined && <Pause pause={pause} />}
      {decision.isError && <Fault error={decision.error} />}
      <div className="decide-buttons" ref={buttons}>
        <Button isDisabled={decision.isPending} onPress={() => decision.mutate({ verdict: 'deny', ...said })}>
          Deny
        </Button>
        <Button isDisabled={decision.isPending || barred !== null || lacks.length > 0} onPress={approve}>
          Approve this call
        </Button>
      </div>
    </section>
  );
}
