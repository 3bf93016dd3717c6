// The frame around every screen of a session: whose tenant this is, where one can go, what rings.
import type { Session } from '@sallyport/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Navigate, Outlet, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { SessionContext, useConsole } from '../api/console.ts';
import { isSignedOut, sessionQuery } from '../api/queries.ts';
import { Button } from '../components/button.tsx';
import { Doors } from '../components/doors.tsx';
import { Loading } from '../components/loading.tsx';
import { ProblemNote } from '../components/notes.tsx';
import { createHub } from '../live/hub.ts';
import { useHubState } from '../live/use-live.ts';
import { Banners } from './banners.tsx';
import { NavIcon } from './nav-icon.tsx';
import { HeldMark, PostureMark } from './nav-marks.tsx';
import { type PageEntry, pagesFor } from './pages.ts';
import type { PaletteAct } from './palette-items.ts';
import { useKeys } from './use-keys.ts';

const loadPalette = () => import('./palette.tsx');
const KeyList = lazy(() => import('./key-list.tsx'));
const Palette = lazy(loadPalette);
const REST_MS = 1_000;

/** One of eight stripes by the tenant's id: two tenants in two windows do not look alike. */
export function stripeOf(tenantId: string): number {
  let sum = 0;
  for (const char of tenantId) sum = (sum * 31 + char.charCodeAt(0)) % 9_973;
  return sum % 8;
}

export function Frame() {
  const { api } = useConsole();
  const { data: session, error, isPending, refetch } = useQuery(sessionQuery(api));
  if (isSignedOut(error)) return <Navigate to="/sign-in" replace />;
  if (session === undefined)
    return (
      <main className="sign-in">
        <h1 className="hidden">Sallyport</h1>
        {isPending ? <Loading what="your session" /> : <ProblemNote error={error} retry={() => void refetch()} />}
      </main>
    );
  return <SignedIn session={session} />;
}

function SignedIn({ session }: { readonly session: Session }) {
  const { api } = useConsole();
  const owner = `${session.tenant_id}.${session.user_id}`;
  const hub = useMemo(() => createHub(api, owner), [api, owner]);
  useEffect(() => () => hub.close(), [hub]);
  const given = useMemo(() => ({ session, hub }), [session, hub]);
  return (
    <SessionContext value={given}>
      <Shell session={session} />
    </SessionContext>
  );
}

function useSignOut(): () => void {
  const { api } = useConsole();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return () =>
    void api.session.end().finally(async () => {
      queries.clear();
      await navigate({ to: '/sign-in' });
    });
}

function useActs(keys: ReturnType<typeof useKeys>, signOut: () => void): (act: PaletteAct) => void {
  const navigate = useNavigate();
  return (act) => {
    if (act.kind === 'page') void navigate({ to: act.to });
    else if (act.kind === 'run') void navigate({ to: '/runs/$id', params: { id: act.id } });
    else if (act.kind === 'start_run') void navigate({ to: '/runs', search: { open: 'start' } });
    else if (act.kind === 'create_key') void navigate({ to: '/keys', search: { open: 'create' } });
    else if (act.kind === 'settings') keys.setListed(true);
    else signOut();
  };
}

function Shell({ session }: { readonly session: Session }) {
  const [open, setOpen] = useState(false);
  const pages = pagesFor(session.scopes);
  const keys = useKeys(session.scopes);
  const signOut = useSignOut();
  const act = useActs(keys, signOut);
  // Once the first screen is drawn: a hand that types right after Control and K finds the field.
  useEffect(() => {
    const timer = setTimeout(() => void loadPalette().catch(() => undefined), REST_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="frame" data-open={open}>
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <aside className="sidebar">
        <div className="brand">
          <Doors />
          <strong>Sallyport</strong>
          <button
            type="button"
            className="button menu-button"
            aria-expanded={open}
            aria-controls="pages"
            onClick={() => setOpen(!open)}
          >
            Menu
          </button>
        </div>
        <button type="button" className="palette-open" onClick={() => keys.setPalette(true)}>
          Search <kbd>Ctrl K</kbd>
        </button>
        <nav id="pages" aria-label="Pages">
          <NavList pages={pages.filter(({ group }) => group === 'work')} onGo={() => setOpen(false)} />
          <NavList pages={pages.filter(({ group }) => group === 'rule')} onGo={() => setOpen(false)} />
        </nav>
        <Whoami session={session} onKeys={() => keys.setListed(true)} onLeave={signOut} />
      </aside>
      <div className="page-column">
        <section className="notices" aria-label="Notices">
          <Banners />
          <StreamNote />
        </section>
        <main id="page" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <p className="said" role="status">
        {keys.said}
      </p>
      <Suspense>{keys.listed && <KeyList pages={pages} onClose={() => keys.setListed(false)} />}</Suspense>
      <Suspense>{keys.palette && <Palette onAct={act} onClose={() => keys.setPalette(false)} />}</Suspense>
    </div>
  );
}

function NavList({ pages, onGo }: { readonly pages: readonly PageEntry[]; readonly onGo: () => void }) {
  return (
    <ul className="nav-list">
      {pages.map(({ to, name }) => (
        <li key={to}>
          <Link to={to} className="nav-link" activeProps={{ 'aria-current': 'page' }} onClick={onGo}>
            <NavIcon name={to} />
            {name}
            {to === '/posture' && <PostureMark />}
            {to === '/approvals' && <HeldMark />}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Whoami({
  session,
  onKeys,
  onLeave,
}: {
  readonly session: Session;
  readonly onKeys: () => void;
  readonly onLeave: () => void;
}) {
  return (
    <div className="whoami">
      <div className="tenant" data-stripe={stripeOf(session.tenant_id)}>
        <span className="small muted">Tenant</span>
        <strong>{session.tenant_name}</strong>
      </div>
      <span className="small muted">
        {session.user_name}, {session.role}
      </span>
      <div className="row">
        <Button kind="quiet" onPress={onKeys}>
          Settings and keys
        </Button>
        <Button kind="quiet" onPress={onLeave}>
          Sign out
        </Button>
      </div>
    </div>
  );
}

function StreamNote() {
  const state = useHubState();
  const queries = useQueryClient();
  useEffect(() => {
    if (state === 'signed_out') void queries.invalidateQueries({ queryKey: ['session'] });
  }, [state, queries]);
  if (state !== 'reconnecting') return null;
  return (
    <p className="banner" role="status">
      Reconnecting. What is shown may be behind the server.
    </p>
  );
}
