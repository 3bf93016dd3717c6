// Cross-site request forgery: a browser adds the cookie by itself, so a request that changes something must show that a page of ours
// made it. `SameSite=Strict` is not enough: on loopback every port is the same site.
import { fault } from '../../errors.ts';

/** A form cannot add a header of its own, and a page of another origin must ask before it may; we never say yes. */
export const PAGE_MARK = 'x-sallyport-request';

interface PageHeaders {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site` (Fetch Metadata); no script can set it. */
  readonly site: string | undefined;
  readonly mark: string | undefined;
}

export function pageHeaders(header: (name: string) => string | undefined): PageHeaders {
  return {
    host: header('host'),
    origin: header('origin'),
    site: header('sec-fetch-site'),
    mark: header(PAGE_MARK),
  };
}

function isOurs(headers: PageHeaders, publicUrl: URL | undefined): boolean {
  const { host, origin, site } = headers;
  // Without a public URL we are bound to loopback, and the Host header was judged before.
  const own = publicUrl?.origin ?? (host === undefined ? undefined : URL.parse(`http://${host}`)?.origin);
  return (origin === undefined || origin === own) && (site === undefined || site === 'same-origin');
}

/** For calls with the cookie. Throws `forbidden` unless a page of ours made the call; where both signs are sent, both must hold. */
export function demandOwnPage(headers: PageHeaders, publicUrl: URL | undefined): void {
  const shown = headers.origin !== undefined || headers.site !== undefined;
  if (!shown || headers.mark !== '1' || !isOurs(headers, publicUrl))
    throw fault('forbidden', { detail: 'not from a page of ours' });
}

/** For the call that opens a session: programs send neither sign, pages of others are refused. */
export function refuseOtherPages(headers: PageHeaders, publicUrl: URL | undefined): void {
  if (!isOurs(headers, publicUrl)) throw fault('forbidden', { detail: 'from a page of another origin' });
}
