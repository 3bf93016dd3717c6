// The reference of the API as it is served: the document, and a page for people made from it. Both are made once, when first asked for.
import manifest from '../../../package.json' with { type: 'json' };
import type { ApiReference } from '../api-reference.ts';
import { sessionCookie } from '../guard/cookies.ts';
import type { Route } from '../route.ts';
import { openApi } from './openapi.ts';
import { PAGE_HEADERS, renderPage } from './page.ts';

export function createReference(routes: readonly Route[], publicUrl: URL | undefined): ApiReference {
  const server = (publicUrl?.href ?? '/').replace(/(?<=.)\/$/, '');
  const made = lazily(() =>
    openApi(routes, {
      title: 'Sallyport',
      version: manifest.version,
      server,
      cookie: sessionCookie(publicUrl).name,
    }),
  );
  const text = lazily(() => JSON.stringify(made()));
  const html = lazily(() => renderPage(made()));
  return { document: text, page: () => ({ html: html(), headers: PAGE_HEADERS }) };
}

function lazily<T>(make: () => T): () => T {
  let value: { readonly made: T } | undefined;
  return () => {
    value ??= { made: make() };
    return value.made;
  };
}
