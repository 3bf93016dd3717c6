// Reads an HTML page inside a worker thread: first a count with a tokeniser that builds no tree, then, within the caps, the readable article.
import { Readability } from '@mozilla/readability';
import { Parser } from 'htmlparser2';
import { parseHTML } from 'linkedom';
import TurndownService from 'turndown';
import type { ReadableDocument } from './parse.ts';

const MOST_DEPTH = 512;
const MOST_ELEMENTS = 50_000;
const MOST_READABLE = 2 * 1024 * 1024;
const MOST_TEXT = 1024 * 1024;
const MOST_LINKS = 500;
const VOID: ReadonlySet<string> = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'source',
  'track',
  'wbr',
]);
const SILENT: ReadonlySet<string> = new Set(['script', 'style', 'noscript', 'template', 'svg', 'iframe', 'object']);
const BLOCK = /^(?:p|div|section|article|li|tr|h[1-6]|br|pre|blockquote|table|ul|ol|header|footer|main)$/;

interface Outline {
  readonly title: string;
  readonly text: string;
  readonly links: { text: string; url: string }[];
  readonly tooLarge: boolean;
}

/** One pass without a tree: text, title, links, and whether a tree would be too deep or too large. */
function outline(html: string, base: string | undefined): Outline {
  const links = new Map<string, string>();
  const texts: string[] = [];
  let title = '';
  let length = 0;
  let depth = 0;
  let deepest = 0;
  let elements = 0;
  let silent = 0;
  let inTitle = false;
  let href: string | undefined;
  let label = '';
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        elements++;
        if (!VOID.has(name)) deepest = Math.max(deepest, ++depth);
        if (SILENT.has(name)) silent++;
        if (name === 'title' && title === '') inTitle = true;
        if (BLOCK.test(name)) texts.push('\n');
        if (name === 'a') {
          href = absolute(attributes.href, base);
          label = '';
        }
      },
      ontext: (text) => {
        if (inTitle) title += text;
        if (silent > 0 || inTitle || length > MOST_TEXT) return;
        length += text.length;
        texts.push(text);
        if (label.length < 300) label += text;
      },
      onclosetag: (name) => {
        if (!VOID.has(name)) depth--;
        if (SILENT.has(name)) silent = Math.max(0, silent - 1);
        if (name === 'title') inTitle = false;
        if (name === 'a' && href !== undefined && links.size < MOST_LINKS && !links.has(href))
          links.set(href, label.replace(/\s+/g, ' ').trim().slice(0, 300));
      },
    },
    { decodeEntities: true },
  );
  parser.write(html);
  parser.end();
  const text = texts
    .join('')
    .replace(/[ \t\f\r]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n\n')
    .trim();
  return {
    title: title.replace(/\s+/g, ' ').trim().slice(0, 1_000),
    text,
    links: [...links].map(([url, name]) => ({ text: name, url })),
    tooLarge: deepest > MOST_DEPTH || elements > MOST_ELEMENTS,
  };
}

function absolute(href: string | undefined, base: string | undefined): string | undefined {
  if (href === undefined || href.length > 4_000) return undefined;
  const url = URL.parse(href, base);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url.href : undefined;
}

function toMarkdown(html: string): string {
  const service = new TurndownService({ headingStyle: 'atx', codeBlockStyle: 'fenced', bulletListMarker: '-' });
  service.remove(['script', 'style', 'iframe', 'object', 'form', 'button']);
  service.addRule('noImages', { filter: 'img', replacement: () => '' });
  const { document } = parseHTML(`<!doctype html><html><body><div id="root">${html}</div></body></html>`);
  return service.turndown(document.querySelector('#root') as unknown as TurndownService.Node).trim();
}

/** The readable article as Markdown; over a cap, or when there is no article, the plain text. */
export function readHtml(html: string, base: string | undefined): Omit<ReadableDocument, 'charset'> {
  const { title, text, links, tooLarge } = outline(html, base);
  const plain = {
    title,
    byline: null,
    lang: null,
    markdown: text.slice(0, MOST_TEXT),
    links,
    wordCount: countWords(text),
    mode: 'text' as const,
    truncated: tooLarge || html.length > MOST_READABLE,
  };
  if (plain.truncated) return plain;
  const { document } = parseHTML(html);
  const article = new Readability(document as never, { maxElemsToParse: MOST_ELEMENTS }).parse();
  if (article?.content === null || article?.content === undefined || (article.length ?? 0) < 40) return plain;
  const markdown = toMarkdown(article.content).slice(0, MOST_TEXT);
  return {
    title: (article.title ?? title).slice(0, 1_000) || title,
    byline: article.byline?.slice(0, 1_000) ?? null,
    lang: article.lang?.slice(0, 40) ?? null,
    markdown,
    links,
    wordCount: countWords(article.textContent ?? ''),
    mode: 'readable',
    truncated: false,
  };
}

export function countWords(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}
