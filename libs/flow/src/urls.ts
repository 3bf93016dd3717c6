// URLs as targets: a URL is stated only when it stands whole in the prompt, after normalising; a prefix or a host is never a match (R9a).

// A link's target may hold balanced brackets; it is looked at again here, for one with unbalanced brackets passes the link pattern by.
const BARE =
  /(?<=\]\()(?:https?|ftp|data|javascript|file|mailto):(?:[^\s<>()`]|\([^\s<>()`]{0,200}\)){1,4000}|(?:https?|ftp|data|javascript|file|mailto):[^\s<>()\]`]{1,4000}/gi;

/** Scheme, host, port, path and query; the fragment is dropped. Undefined when it is no http or https URL. */
export function normalizeUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  url.hash = '';
  return url.href;
}

/** Every URL that stands in these texts, normalised. */
export function statedUrls(texts: readonly string[]): string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const match of text.matchAll(/https?:\/\/[^\s<>"'`\]]{1,4000}/gi)) {
      const url = normalizeUrl(match[0].replace(/[.,;:!?)]+$/, ''));
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

/** Writes every image, and every link that is not allowed, as inert text, so that no composed URL can lie in wait in a digest (R10). */
export function inertLinks(
  markdown: string,
  allowed: ReadonlySet<string>,
): { readonly text: string; readonly removed: number } {
  let removed = 0;
  const isAllowed = (url: string): boolean => {
    const normal = normalizeUrl(url);
    return normal !== undefined && allowed.has(normal);
  };
  const inert = (url: string): string => {
    removed++;
    return `\`${url.replace(/^([a-z][a-z0-9+.-]*):\/?\/?/i, '$1 ').replaceAll('`', "'")}\``;
  };
  let text = markdown.replace(/<(?=\/?[a-z!])/gi, '&lt;');
  text = text.replace(
    /!\[([^\]]{0,1000})\]\(((?:[^()\s]|\([^()\s]{0,200}\)){0,4000})[^()]{0,500}\)/g,
    (_all, alt: string, url: string) => `${alt} (image ${inert(url)})`,
  );
  text = text
    .replace(/!\[/g, '[')
    .replace(/^([ ]{0,3}\[[^\]]{1,500}\]):\s*(\S{1,4000}).*$/gm, (all, label: string, url: string) =>
      isAllowed(url) ? all : `${label.replace('[', '(').replace(']', ')')} ${inert(url)}`,
    );
  text = text.replace(
    /\[([^\]]{0,1000})\]\(((?:[^()\s]|\([^()\s]{0,200}\)){0,4000})[^()]{0,500}\)/g,
    (all, label: string, url: string) => (isAllowed(url) ? all : `${label} (${inert(url)})`),
  );
  text = text.replace(BARE, (url) => (isAllowed(url.replace(/[.,;:!?]+$/, '')) ? url : inert(url)));
  return { text, removed };
}
