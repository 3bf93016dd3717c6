// URLs as targets: a URL is stated only when it stands whole in the prompt, after normalising; a prefix or a host is never a match (R9a).

const STATED = /https?:\/\/[^\s<>"'`\]]{1,4000}/gi;

/** Scheme, host, port, path and query; the fragment is dropped. Undefined when it is no http or https URL. */
export function normalizeUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  url.hash = '';
  return url.href;
}

/** Without the signs at its end that belong to the sentence. A loop: a pattern would try each sign of a long row anew. */
export function trimSentenceEnd(text: string, signs = '.,;:!?)'): string {
  let end = text.length;
  while (end > 0 && signs.includes(text[end - 1] ?? ' ')) end--;
  return text.slice(0, end);
}

/** Every URL that stands in these texts, normalised. */
export function statedUrls(texts: readonly string[]): string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const match of text.matchAll(STATED)) {
      const url = normalizeUrl(trimSentenceEnd(match[0]));
      if (url !== undefined) found.add(url);
    }
  }
  return [...found];
}

/** True only for a whole URL, compared after normalising. */
export function isStated(url: string, stated: readonly string[]): boolean {
  const normal = normalizeUrl(url);
  return normal !== undefined && stated.includes(normal);
}

/** True for a URL without credentials on one of these `host:port` or `*.name:port`. */
export function isOnHosts(hosts: readonly string[], url: string): boolean {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return false;
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? '443' : '80') : parsed.port;
  const place = `${parsed.hostname}:${port}`;
  return hosts.some((host) => (host.startsWith('*.') ? place.endsWith(host.slice(1)) : place === host));
}
