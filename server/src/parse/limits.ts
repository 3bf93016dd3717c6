// What one document may cost, and the small cuts that every reader makes.

export const MOST_TEXT_BYTES = 10 * 1024 * 1024;
export const MOST_FILE_BYTES = 32 * 1024 * 1024;
/** Characters of Markdown in an answer. */
export const MOST_TEXT = 1024 * 1024;
export const MOST_LINKS = 500;
export const MOST_URL = 4_000;
const MOST_TITLE = 1_000;

export function clip(text: string | null | undefined, most = MOST_TITLE): string {
  return (text ?? '')
    .slice(0, most * 4)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, most)
    .toWellFormed();
}

export function clipOrNull(text: string | null | undefined, most = MOST_TITLE): string | null {
  const clipped = clip(text, most);
  return clipped === '' ? null : clipped;
}

export function countWords(text: string): number {
  let words = 0;
  for (const _ of text.matchAll(/\S+/g)) words++;
  return words;
}

/** No name of a host is longer (RFC 1035, 2.3.4); taking a longer one apart costs milliseconds each. */
const LONG_HOST = /^\s*(?:[a-z]+:)?[/\\]{2}[^/?#\\]{300}/i;

/** Absolute and http or https; anything else is no link. */
export function webUrl(href: string | null | undefined, base?: string): string | undefined {
  if (href === null || href === undefined || href.length > MOST_URL || LONG_HOST.test(href)) return undefined;
  const url = URL.parse(href.trim(), base);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url.href : undefined;
}

/** A date as the document states it, as ISO 8601 in UTC; null when it states none that is one. */
export function isoDate(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text.length > 60 || !/\d{4}/.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** Links in order of appearance, each URL once, at most `MOST_LINKS`. */
export class LinkList {
  readonly #links = new Map<string, string>();
  add(url: string | undefined, text: string): void {
    if (url === undefined || this.#links.has(url) || this.#links.size >= MOST_LINKS) return;
    this.#links.set(url, clip(text, 300));
  }
  list(): { text: string; url: string }[] {
    return [...this.#links].map(([url, text]) => ({ text, url }));
  }
}
