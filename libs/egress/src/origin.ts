// A client for one server that bears credentials: nothing it is told leads it elsewhere (R19: MCP servers, OAuth, model providers).
import { EgressError } from './egress-error.ts';
import { takeUrl } from './intake.ts';
import type { FetchInit } from './policy.ts';

export interface EgressOrigin {
  readonly base: string;
  /**
   * Text is a path relative to the base (`v1/models`): an absolute URL, `//host`, a leading slash and a way out by `..` are refused.
   * A URL object, as `resolve` answers with, is accepted when it stays at the origin. Redirects that leave the origin are refused.
   */
  fetch(path: string | URL, init?: FetchInit): Promise<Response>;
  /** A reference that the server gave (an SSE endpoint, a link) or a URL below the base: same origin, or `EgressError('origin')`. */
  resolve(reference: string): URL;
}

export function createOrigin(
  base: string,
  schemes: readonly string[],
  send: (url: string, init: FetchInit) => Promise<Response>,
): EgressOrigin {
  const home = takeUrl(base, schemes).url;
  if (home.search !== '' || home.hash !== '') throw new EgressError('url', 'a base with a query or a fragment');
  if (!home.pathname.endsWith('/')) home.pathname += '/';

  const resolve = (reference: string): URL => {
    if (/[\u0000-\u001f\u007f]/.test(reference) || (reference.split(/[?#]/, 1)[0] ?? '').includes('\\'))
      throw new EgressError('url', 'a reference that is not a URL');
    if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) takeUrl(reference, schemes);
    const url = URL.parse(reference, home.href);
    if (url === null) throw new EgressError('url', 'a reference that is not a URL');
    if (url.origin !== home.origin || url.username !== '' || url.password !== '')
      throw new EgressError('origin', 'a reference to another origin');
    return url;
  };

  const place = (path: string | URL): string => {
    if (path instanceof URL) return resolve(path.href).href;
    if (/^(?:[/\\]|[a-z][a-z0-9+.-]*:)/i.test(path)) throw new EgressError('origin', 'a path that is not relative');
    const url = resolve(path);
    if (!url.pathname.startsWith(home.pathname)) throw new EgressError('origin', 'a path that leaves the base');
    return url.href;
  };

  return {
    base: home.href,
    resolve,
    fetch: async (path, init = {}) => send(place(path), init),
  };
}
