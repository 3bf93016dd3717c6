// Every small part in every state, on one page: for whoever changes one, and for the test that judges them all. It is no part of the
// console that is shipped.
import '../src/styles/console.css';
import { SallyportError } from '@sallyport/client';
import { StrictMode } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import { createRoot } from 'react-dom/client';
import { applyPreferences } from '../src/frame/preferences.ts';
import { Controls } from './controls.tsx';
import { Marks } from './marks.tsx';
import { Texts } from './texts.tsx';

const error = new SallyportError('rate_limited', 'Too many calls. Try again in a while.', {
  status: 429,
  requestId: '0198f2aa-0000-7000-8000-000000000001',
});

function Gallery() {
  return (
    <main id="page">
      <h1>Gallery</h1>
      <Marks />
      <Controls />
      <Texts error={error} />
    </main>
  );
}

applyPreferences();
const root = document.querySelector('#root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <I18nProvider locale="en-US">
        <Gallery />
      </I18nProvider>
    </StrictMode>,
  );
