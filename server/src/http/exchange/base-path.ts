// The path prefix of the public URL (S8). A proxy may strip it or pass it on; both arrive at the same route.

/** With a slash at its end; '/' without a prefix. */
export function basePath(publicUrl: URL | undefined): string {
  const path = publicUrl?.pathname ?? '/';
  return path.endsWith('/') ? path : `${path}/`;
}

/** The address below the prefix; an address without the prefix stays what it is. */
export function belowBase(url: string, base: string): string {
  if (base === '/') return url;
  if (url.startsWith(base)) return url.slice(base.length - 1);
  const bare = base.slice(0, -1);
  return url === bare || url.startsWith(`${bare}?`) ? `/${url.slice(bare.length)}` : url;
}
