// A status as word and shape; colour comes third. A word that this release does not know is shown as it is, in neutral.
import type { RunStatus } from '@sallyport/contracts';
import type { ReactNode } from 'react';
import { isStatus, statusWord } from './status-words.ts';

const SHAPES: Readonly<Record<RunStatus | 'unknown', ReactNode>> = {
  queued: <circle cx={7} cy={7} r={5.25} fill="none" stroke="currentColor" strokeWidth={1.5} />,
  running: (
    <>
      <circle cx={7} cy={7} r={5.25} fill="none" stroke="currentColor" strokeWidth={1.5} />
      <path d="M7 1.75a5.25 5.25 0 0 1 0 10.5z" fill="currentColor" />
    </>
  ),
  waiting: <path d="M3.5 2h2.5v10H3.5zM8 2h2.5v10H8z" fill="currentColor" />,
  succeeded: <path d="M2 7.5l3.5 3.5L12 3.5" fill="none" stroke="currentColor" strokeWidth={2} />,
  failed: <path d="M2.5 2.5l9 9m0-9l-9 9" fill="none" stroke="currentColor" strokeWidth={2} />,
  cancelled: (
    <>
      <circle cx={7} cy={7} r={5.25} fill="none" stroke="currentColor" strokeWidth={1.5} />
      <path d="M3.5 10.5l7-7" stroke="currentColor" strokeWidth={1.5} />
    </>
  ),
  unknown: (
    <path
      d="M4.2 4.6a2.8 2.8 0 1 1 4.1 2.6c-.9.5-1.3 1-1.3 2M7 10.8v1.7"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
    />
  ),
};

export function Status({ status }: { readonly status: string }) {
  const known = isStatus(status);
  return (
    <span className="status" data-status={known ? status : 'neutral'}>
      {known && (
        <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
          {SHAPES[status]}
        </svg>
      )}
      {statusWord(status).slice(0, 40)}
    </span>
  );
}

/** Effects of which nobody knows whether they happened. */
export function UnknownEffects({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return (
    <span className="status" data-status="unknown">
      <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
        {SHAPES.unknown}
      </svg>
      Unknown {count}
    </span>
  );
}

const EFFECTS: Looks = {
  claimed: { word: 'Claimed', look: 'running' },
  done: { word: 'Done', look: 'succeeded' },
  failed: { word: 'Failed', look: 'failed' },
  unknown: { word: 'Unknown', look: 'unknown' },
};

type Looks = Readonly<Record<string, { readonly word: string; readonly look: RunStatus | 'unknown' }>>;

/** A state of a table as its word and shape; one that the table does not name as it came, without a shape. */
function Mark({ state, of }: { readonly state: string; readonly of: Looks }) {
  const known = Object.hasOwn(of, state) ? of[state] : undefined;
  return (
    <span className="status" data-status={known?.look ?? 'neutral'}>
      {known !== undefined && (
        <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
          {SHAPES[known.look]}
        </svg>
      )}
      {known?.word ?? state.slice(0, 40)}
    </span>
  );
}

export function EffectState({ state }: { readonly state: string }) {
  return <Mark state={state} of={EFFECTS} />;
}

const APPROVALS: Looks = {
  pending: { word: 'Held', look: 'waiting' },
  approved: { word: 'Approved', look: 'succeeded' },
  used: { word: 'Approved', look: 'succeeded' },
  denied: { word: 'Denied', look: 'failed' },
  expired: { word: 'Expired', look: 'cancelled' },
  void: { word: 'Void', look: 'cancelled' },
};

export function ApprovalMark({ state }: { readonly state: string }) {
  return <Mark state={state} of={APPROVALS} />;
}
