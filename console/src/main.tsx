// Owns the composition of the console: the client, the cache of answers, the routes.
// Promises that the token of a sign-in link leaves the address before anything else happens.
// Must never hold a key or a token longer than the call that trades it for a session.
import './styles/console.css';
import { createClient } from '@sallyport/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { createRoot } from 'react-dom/client';
import { ConsoleContext } from './api/console.ts';
import { createQueries } from './api/queries.ts';
import { applyPreferences } from './frame/preferences.ts';
import { createConsoleRouter } from './routes.tsx';
import { takeToken } from './screens/sign-in/take-token.ts';

function start(): void {
  const token = takeToken();
  applyPreferences();
  const base = document.querySelector<HTMLMetaElement>('meta[name="sallyport-base"]')?.content ?? '/';
  const queries = createQueries();
  const given = { api: createClient({ baseUrl: new URL(base, location.origin) }), base };
  const router = createConsoleRouter(base, queries, token);
  const root = document.querySelector('#root');
  if (root === null) return;
  createRoot(root).render(
    <I18nProvider locale="en-US">
      <ConsoleContext value={given}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ConsoleContext>
    </I18nProvider>,
  );
}

start();
