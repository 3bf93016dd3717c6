import { Button } from '../../../components/button.tsx';
import type { Verified } from './verified.ts';

const WORDS = {
  progress: 'neutral',
  whole: 'succeeded',
  broken: 'failed',
  not_checked: 'neutral',
} as const;

function say(verified: Verified): string {
  if (verified.kind === 'progress') return `Verifying the chain, at #${verified.seq}`;
  if (verified.kind === 'broken') return `Chain broken at #${verified.seq}`;
  if (verified.kind === 'not_checked') return 'Chain not checked';
  if (verified.count === 0) return 'Chain empty';
  return `Chain verified to #${verified.count - 1}`;
}

function Shape({ kind }: { readonly kind: Verified['kind'] }) {
  if (kind === 'progress' || kind === 'not_checked') return null;
  const path = kind === 'whole' ? 'M2 7.5l3.5 3.5L12 3.5' : 'M2.5 2.5l9 9m0-9l-9 9';
  return (
    <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
      <path d={path} fill="none" stroke="currentColor" strokeWidth={2} />
    </svg>
  );
}

/** Recomputed in this browser from the export; nothing of it is the server's word. */
export function ChainStatus({
  verified,
  onVerify,
}: {
  readonly verified: Verified | undefined;
  readonly onVerify: () => void;
}) {
  if (verified === undefined)
    return (
      <Button kind="quiet" onPress={onVerify}>
        Verify the chain now
      </Button>
    );
  const removed = verified.kind === 'whole' && verified.removed > 0 ? `, ${verified.removed} bodies removed` : '';
  return (
    <span className="row">
      <span
        className="status"
        data-status={WORDS[verified.kind]}
        title="Every digest was computed again in this browser from the export of the run."
      >
        <Shape kind={verified.kind} />
        {say(verified)}
        {removed}
      </span>
      {verified.kind === 'not_checked' && (
        <Button kind="quiet" onPress={onVerify}>
          Try again
        </Button>
      )}
    </span>
  );
}
