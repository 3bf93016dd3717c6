const PATHS = {
  '/runs': 'M4 2.5l9 5.5-9 5.5z',
  '/artifacts': 'M4 1.75h5.5L13 5.25v9H4zM9.25 2v3.5H13',
  '/entities': 'M2 3h12v10H2zM2 6.5h12M6.5 3v10',
  '/keys': 'M10.5 2.5a3.25 3.25 0 1 1-2.6 5.2L2.5 13v.75h3v-2h2V10l1.2-1.2M11 5.25h.01',
} as const;

export type NavName = keyof typeof PATHS;

export function NavIcon({ name }: { readonly name: NavName }) {
  return (
    <svg width={16} height={16} viewBox="0 0 16 16" aria-hidden>
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth={1.5} strokeLinejoin="round" />
    </svg>
  );
}
