// Where a value came from, as the labels say it: who trusts it, and whether it is private.
const MARKS = {
  user: { word: 'You', shape: <path d="M2.5 2.5h9v9h-9z" fill="currentColor" /> },
  trusted: { word: 'Trusted', shape: <path d="M7 1l6 6-6 6-6-6z" fill="currentColor" /> },
  untrusted: {
    word: 'Untrusted',
    shape: <path d="M7 2l5.5 10h-11z" fill="none" stroke="currentColor" strokeWidth={1.5} />,
  },
} as const;

function Private() {
  return (
    <span className="origin-private">
      <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
        <path d="M3 6h8v6H3z" fill="currentColor" />
        <path d="M4.75 6V4.5a2.25 2.25 0 0 1 4.5 0V6" fill="none" stroke="currentColor" strokeWidth={1.5} />
      </svg>
      Private
    </span>
  );
}

export function OriginMark({
  origin,
  secret = false,
}: {
  readonly origin: keyof typeof MARKS;
  readonly secret?: boolean;
}) {
  return (
    <span className="origin" data-origin={origin}>
      <svg width={14} height={14} viewBox="0 0 14 14" aria-hidden>
        {MARKS[origin].shape}
      </svg>
      {MARKS[origin].word}
      {secret && <Private />}
    </span>
  );
}

export function Origin({
  integrity,
  confidentiality,
}: {
  readonly integrity: string;
  readonly confidentiality: string;
}) {
  // An integrity that this release does not know is no reason to trust.
  return (
    <OriginMark origin={integrity === 'trusted' ? 'trusted' : 'untrusted'} secret={confidentiality !== 'public'} />
  );
}
