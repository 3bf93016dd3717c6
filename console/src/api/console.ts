// What every screen is given: the client of the server that sent this page, and the one event stream of this browser.
import type { Client } from '@sallyport/client';
import type { Session } from '@sallyport/contracts';
import { createContext, useContext } from 'react';
import type { Hub } from '../live/hub.ts';

export interface Console {
  readonly api: Client;
  /** Path of the console on its server, with a slash at both ends: `/` or a proxy's prefix. */
  readonly base: string;
}

export const ConsoleContext = createContext<Console | undefined>(undefined);
export const SessionContext = createContext<{ readonly session: Session; readonly hub: Hub } | undefined>(undefined);

export function useConsole(): Console {
  const value = useContext(ConsoleContext);
  if (value === undefined) throw new Error('outside of the console');
  return value;
}

export function useSession(): { readonly session: Session; readonly hub: Hub } {
  const value = useContext(SessionContext);
  if (value === undefined) throw new Error('outside of a session');
  return value;
}

/** Whether the signed-in user may do what the scope names; the server decides, this only hides what it would refuse. */
export function useMay(scope: string): boolean {
  return useSession().session.scopes.includes(scope);
}
