// Reads a page: first its outline, without a tree; then, within the caps, the readable part of the tree as Markdown.
import { Readability } from '@mozilla/readability';
import { parseHTML } from 'linkedom';
import { clip, clipOrNull, countWords, isoDate, MOST_TEXT } from '../limits.ts';
import { plainWords } from '../plain-words.ts';
import type { ReadText } from '../read-text.ts';
import { createMarkdownWriter } from './markdown.ts';
import { MOST_ELEMENTS, type Outline, outlinePage } from './outline.ts';
import { clearTree, copyBody } from './page-tree.ts';
import type { TreeDocument, TreeElement } from './tree.ts';

const MOST_READABLE = 2 * 1024 * 1024;
/** Below both, a page is read in no time. */
const LARGE = 1_000;
const LARGE_TEXT = 128 * 1024;
/** Fewer characters are no article. */
const LEAST_ARTICLE = 140;
/** An article that leaves out more of the page's body than this lost something: a list, a table, a reference page. */
const LEAST_SHARE = 0.6;

interface Part {
  readonly root: TreeElement;
  readonly title: string;
  readonly byline: string | null;
  readonly lang: string | null;
  readonly published: string | null;
}

function plainText(outline: Outline): ReadText {
  const words = plainWords(outline.text);
  const kept = words.slice(0, MOST_TEXT);
  return {
    title: outline.title,
    byline: outline.byline,
    lang: outline.lang,
    published: outline.published,
    markdown: kept,
    links: outline.links,
    wordCount: countWords(kept),
    mode: 'text',
    truncated: outline.cut || words.length > MOST_TEXT,
  };
}

const lengthOf = (node: TreeElement): number => (node.textContent ?? '').replace(/\s+/g, ' ').length;

function findArticle(document: TreeDocument): Part | undefined {
  const article = new Readability<TreeElement>(document as never, {
    maxElemsToParse: MOST_ELEMENTS,
    charThreshold: LEAST_ARTICLE,
    keepClasses: true,
    serializer: (node) => node as TreeElement,
  }).parse();
  if (article === null || article.content === null || article.content === undefined) return undefined;
  return {
    root: article.content,
    title: clip(article.title),
    byline: clipOrNull(article.byline),
    lang: clipOrNull(article.lang, 40),
    published: isoDate(article.publishedTime),
  };
}

/** Tables with headings and code are never decoration: an article that dropped one is not the whole of it. */
const holdsAll = (article: TreeElement, body: TreeElement): boolean =>
  ['th', 'pre'].every((name) => [...article.querySelectorAll(name)].length >= [...body.querySelectorAll(name)].length);

/** Authors may leave out `html` and `body`; this parser does not put them in, so a page without them is read inside a frame. */
function buildTree(html: string): TreeDocument {
  const parse = (page: string): TreeDocument => (parseHTML(page) as unknown as { document: TreeDocument }).document;
  const document = parse(html);
  const root = document.documentElement;
  if (root?.nodeName === 'HTML' && [...root.children].some((child) => child.nodeName === 'BODY')) return document;
  return parse(`<!doctype html><html><head></head><body>${html}</body></html>`);
}

/** The article, or the whole body without its frame when the article is missing or too small a share of it. */
function choosePart(html: string): Part | undefined {
  const document = buildTree(html);
  if (document.body === null) return undefined;
  clearTree(document, document.body);
  const body = copyBody(document, document.body);
  const article = findArticle(document);
  const length = article === undefined ? 0 : lengthOf(article.root);
  if (article !== undefined && length >= LEAST_ARTICLE && length >= LEAST_SHARE * lengthOf(body))
    if (holdsAll(article.root, body)) return article;
  const { title = '', byline = null, lang = null, published = null } = article ?? {};
  return { root: body, title, byline, lang, published };
}

/** The readable part as Markdown; empty when there is none, or when the page is nested so that walking it overflows the stack. */
function readPart(html: string, base: string | undefined): { part: Part | undefined; markdown: string } {
  try {
    const part = choosePart(html);
    return { part, markdown: part === undefined ? '' : createMarkdownWriter(base)(part.root).toWellFormed() };
  } catch {
    return { part: undefined, markdown: '' };
  }
}

/** `early` gets the plain words of a large page before the costly part begins, so that they are not lost with the thread. */
export function readHtml(html: string, url: string | undefined, early?: (plain: ReadText) => void): ReadText {
  const outline = outlinePage(html, url);
  if (outline.tooLarge || html.length > MOST_READABLE) return plainText(outline);
  if (outline.elements > LARGE || html.length > LARGE_TEXT) early?.(plainText(outline));
  // Long runs of blanks say nothing, and patterns that look for the end of a text try each blank of a run.
  const { part, markdown } = readPart(
    html.replace(/\s{100,}/g, (run) => run.slice(0, 100)),
    outline.base,
  );
  if (part === undefined || markdown === '') return plainText(outline);
  const kept = markdown.slice(0, MOST_TEXT);
  return {
    title: part.title || outline.title,
    byline: part.byline ?? outline.byline,
    lang: outline.lang ?? part.lang,
    published: part.published ?? outline.published,
    markdown: kept,
    links: outline.links,
    wordCount: countWords(kept),
    mode: 'readable',
    truncated: markdown.length > MOST_TEXT,
  };
}
