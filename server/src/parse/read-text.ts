// Plain text and Markdown, read as they are.

import type { ReadableDocument } from './document.ts';
import { clip, countWords, LinkList, MOST_TEXT, webUrl } from './limits.ts';

export type ReadText = Omit<ReadableDocument, 'charset' | 'pages'>;

const STOPS = '.,;:!?*_';
const URLS = /https?:\/\/[^\s<>()[\]"'`\\]{1,2000}/g;

/** Signs that end a sentence after an address rather than the address; a loop, for `[.]+$` would try each of them as a start. */
function withoutStops(url: string): string {
  let end = url.length;
  while (end > 0 && STOPS.includes(url.charAt(end - 1))) end--;
  return url.slice(0, end);
}

export function linksInText(text: string): { text: string; url: string }[] {
  const links = new LinkList();
  for (const [match] of text.slice(0, 500_000).matchAll(URLS)) links.add(webUrl(withoutStops(match)), '');
  return links.list();
}

export function readPlainText(text: string): ReadText {
  const head = text.slice(0, 100_000);
  const heading = /^ {0,3}#{1,6}[ \t]+(.{1,1000})$/m.exec(head)?.[1]?.replace(/\s+#+\s*$/, '');
  const first = head
    .slice(0, 10_000)
    .split('\n')
    .find((line) => line.trim() !== '');
  const kept = text.slice(0, MOST_TEXT).toWellFormed();
  return {
    title: clip(heading ?? first),
    byline: null,
    lang: null,
    published: null,
    markdown: kept,
    links: linksInText(kept),
    wordCount: countWords(kept),
    mode: 'text',
    truncated: text.length > MOST_TEXT,
  };
}
