import { useHubState } from '../live/use-live.ts';

export function LiveMark() {
  const live = useHubState() === 'live';
  return (
    <span className="live" data-live={live}>
      <svg width={8} height={8} viewBox="0 0 8 8" aria-hidden>
        <circle cx={4} cy={4} r={4} fill="currentColor" />
      </svg>
      {live ? 'Live' : 'Not live'}
    </span>
  );
}
