// The frame around every screen of a session: whose tenant this is, where one can go, what rings.
import type { Session } from '@sallyport/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Navigate, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { SessionContext, useConsole } from '../api/console.ts';
import { isSignedOut, sessionQuery } from '../api/queries.ts';
import { Button } from '../components/button.tsx';
import { Doors } from '../components/doors.tsx';
import { Loading } from '../components/loading.tsx';
import { ProblemNote } from '../components/notes.tsx';
import { createHub } from '../live/hub.ts';
import { useHubState } from '../live/use-live.ts';
import { KeyList, useKeys } from './keys.tsx';
import { NavIcon, type NavName } from './nav-icon.tsx';

const PAGES: readonly { readonly to: NavName; readonly name: string; readonly scope: string }[] = [
  { to: '/runs', name: 'Runs', scope: 'runs:read' },
  { to: '/artifacts', name: 'Artifacts', scope: 'artifacts:read' },
  { to: '/entities', name: 'Entities', scope: 'entities:read' },
  { to: '/keys', name: 'Keys', scope: 'keys:read' },
];

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

function Shell({ session }: { readonly session: Session }) {
  const [open, setOpen] = useState(false);
  const keys = useKeys();
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
        <nav id="pages" aria-label="Pages">
          {PAGES.filter(({ scope }) => session.scopes.includes(scope)).map(({ to, name }) => (
            <Link
              key={to}
              to={to}
              className="nav-link"
              activeProps={{ 'aria-current': 'page' }}
              onClick={() => setOpen(false)}
            >
              <NavIcon name={to} />
              {name}
            </Link>
          ))}
        </nav>
        <Whoami session={session} onKeys={() => keys.setShown(true)} />
      </aside>
      <div className="page-column">
        <StreamNote />
        <main id="page" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <KeyList isOpen={keys.shown} onClose={() => keys.setShown(false)} />
    </div>
  );
}

function Whoami({ session, onKeys }: { readonly session: Session; readonly onKeys: () => void }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const leave = (): void => {
    void api.session.end().finally(async () => {
      queries.clear();
      await navigate({ to: '/sign-in' });
    });
  };
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
        <Button kind="quiet" onPress={leave}>
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
