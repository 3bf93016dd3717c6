import type { PageEntry } from './pages.ts';

const PATHS: Readonly<Record<PageEntry['to'], string>> = {
  '/runs': 'M4 2.5l9 5.5-9 5.5z',
  '/approvals': 'M4.25 2.5v11M8 2.5v11M11 8l1.5 1.75L15 6.5',
  '/artifacts': 'M4 1.75h5.5L13 5.25v9H4zM9.25 2v3.5H13',
  '/entities': 'M2 3h12v10H2zM2 6.5h12M6.5 3v10',
  '/keys': 'M10.5 2.5a3.25 3.25 0 1 1-2.6 5.2L2.5 13v.75h3v-2h2V10l1.2-1.2M11 5.25h.01',
  '/members':
    'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.8 1.8-4.25 4.5-4.25s4.5 1.45 4.5 4.25M10.5 2.9a2.5 2.5 0 0 1 0 4.2M12 9.7c1.6.5 2.5 1.8 2.5 3.8',
  '/usage': 'M2 13.5h12M3.75 11V8M8 11V3M12.25 11V5.5',
  '/retention': 'M3.5 2h9M3.5 14h9M4.5 2c0 3.5 7 4 7 6s-7 2.5-7 6M11.5 2c0 3.5-7 4-7 6s7 2.5 7 6',
  '/audit': 'M4 1.75h8v12.5H4zM6.25 5h3.5M6.25 7.75h3.5M6.25 10.5h2',
  '/posture': 'M3 1.75h4v12.5H3zM9.25 1.75h4v12.5h-4z',
};

export function NavIcon({ name }: { readonly name: PageEntry['to'] }) {
  return (
    <svg width={16} height={16} viewBox="0 0 16 16" aria-hidden>
      <path d={PATHS[name]} fill="none" stroke="currentColor" strokeWidth={1.5} strokeLinejoin="round" />
    </svg>
  );
}
