/** The token in the fragment of `/sign-in#…`: taken out of the address and of the history before anything else runs. */
export function takeToken(): string | undefined {
  if (!location.pathname.endsWith('/sign-in') || location.hash.length < 2) return undefined;
  const token = location.hash.slice(1);
  history.replaceState(history.state, '', `${location.pathname}${location.search}`);
  return /^[\w-]{22,100}$/.test(token) ? token : undefined;
}
