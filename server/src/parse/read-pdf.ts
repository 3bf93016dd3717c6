// Reads the words, links and metadata of a PDF. Images and scripts are never decoded or run; fonts serve to find letters only.
// pdf.js (as unpdf bundles it) evaluates no code, and behind the thread's fence it can neither fetch nor inflate without bound.
import { getDocument, type PDFDocumentProxy, type PDFPageProxy } from 'unpdf/pdfjs';
import type { ReadableDocument } from './document.ts';
import { clip, clipOrNull, countWords, isoDate, LinkList, MOST_TEXT, webUrl } from './limits.ts';
import { ParseError } from './parse-error.ts';
import { plainWords } from './plain-words.ts';
import { linksInText } from './read-text.ts';

const MOST_PAGES = 5_000;
/** A wider step down the page than this many heights of a letter parts two paragraphs. */
const PARAGRAPH_STEP = 1.7;

interface Reading {
  readonly texts: string[];
  readonly links: LinkList;
  length: number;
  broken: number;
  truncated: boolean;
}

class PageText {
  // Parts, not one growing text: looking at the end of a rope copies all of it.
  readonly #parts: string[] = [];
  #y: number | undefined;
  #height = 0;
  #lineEnded = true;
  length = 0;

  text(): string {
    return this.#parts
      .join('')
      .replace(/[^\S\n]+/g, ' ')
      .replace(/ ?\n ?/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
  }

  add(str: string, y: number, height: number, endsLine: boolean): void {
    if (str.trim() !== '') {
      const step = this.#y === undefined ? 0 : Math.abs(this.#y - y);
      if (this.#lineEnded && step > PARAGRAPH_STEP * Math.max(this.#height, height)) this.#push('\n');
      this.#y = y;
      this.#height = height;
      this.#lineEnded = false;
    }
    this.#push(str);
    if (endsLine && !this.#lineEnded) {
      this.#push('\n');
      this.#lineEnded = true;
    }
  }

  #push(part: string): void {
    this.length += part.length;
    if (part !== '') this.#parts.push(part);
  }
}

async function readWords(page: PDFPageProxy, most: number): Promise<{ text: string; cut: boolean }> {
  const words = new PageText();
  const reader = page.streamTextContent({ includeMarkedContent: false }).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: words.text(), cut: false };
    for (const item of value.items)
      if ('str' in item) words.add(item.str, Number(item.transform[5]), item.height, item.hasEOL);
    if (words.length > most) {
      await reader.cancel(new Error('enough was read'));
      return { text: words.text().slice(0, most), cut: true };
    }
  }
}

async function readPage(document: PDFDocumentProxy, number: number, reading: Reading): Promise<void> {
  try {
    const page = await document.getPage(number);
    const { text, cut } = await readWords(page, MOST_TEXT - reading.length);
    reading.truncated ||= cut;
    reading.length += text.length + 2;
    reading.texts.push(text);
    for (const annotation of (await page.getAnnotations()) as { url?: unknown }[])
      if (typeof annotation.url === 'string') reading.links.add(webUrl(annotation.url), '');
    page.cleanup();
  } catch {
    reading.broken++;
    reading.texts.push('');
  }
}

/** `D:20240131120000+02'00'` (ISO 32000-1, 7.9.4) as a date that the platform reads. */
function pdfDate(stated: unknown): string | null {
  if (typeof stated !== 'string') return null;
  const match = /^D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:Z|([+-]\d\d)'?(\d\d)?)?/.exec(stated);
  if (match === null) return null;
  const [, year, month = '01', day = '01', hour = '00', minute = '00', second = '00', zone, zoneMinute = '00'] = match;
  return isoDate(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone ? `${zone}:${zoneMinute}` : 'Z'}`);
}

async function open(bytes: Uint8Array): Promise<PDFDocumentProxy> {
  const task = getDocument({
    data: bytes,
    verbosity: 0,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    useWasm: false,
    enableXfa: false,
    isOffscreenCanvasSupported: false,
    isImageDecoderSupported: false,
    maxImageSize: 1,
    stopAtErrors: false,
  });
  try {
    return await task.promise;
  } catch (error) {
    if (error instanceof Error && error.name === 'PasswordException')
      throw new ParseError('document_encrypted', 'the document is encrypted');
    throw new ParseError('document_broken', 'the document is no whole PDF');
  }
}

async function describe(document: PDFDocumentProxy): Promise<Record<string, unknown>> {
  try {
    return (await document.getMetadata()).info as Record<string, unknown>;
  } catch {
    return {};
  }
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Pages that are not begun by `deadline` (of `performance.now()`) are left out, and the document says it is truncated. */
export async function readPdf(bytes: Uint8Array, deadline: number): Promise<ReadableDocument> {
  const document = await open(bytes);
  const pages = document.numPages;
  if (pages > MOST_PAGES) throw new ParseError('document_too_large', `the document has more than ${MOST_PAGES} pages`);
  const info = await describe(document);
  const reading: Reading = { texts: [], links: new LinkList(), length: 0, broken: 0, truncated: false };
  for (let number = 1; number <= pages && !reading.truncated; number++) {
    if (performance.now() > deadline || reading.length >= MOST_TEXT) reading.truncated = true;
    else await readPage(document, number, reading);
  }
  if (reading.broken === reading.texts.length) throw new ParseError('document_broken', 'no page of it could be read');
  await document.loadingTask.destroy();
  const text = plainWords(reading.texts.join('\n\n').trim()).toWellFormed();
  for (const link of linksInText(text)) reading.links.add(link.url, link.text);
  return {
    title: clip(asText(info.Title)) || clip(text.split('\n', 1)[0]),
    byline: clipOrNull(asText(info.Author)),
    lang: clipOrNull(asText(info.Language), 40),
    published: pdfDate(info.CreationDate),
    markdown: text.slice(0, MOST_TEXT),
    links: reading.links.list(),
    wordCount: countWords(text),
    mode: 'text',
    truncated: reading.truncated || reading.broken > 0,
    charset: 'utf-8',
    pages,
  };
}
