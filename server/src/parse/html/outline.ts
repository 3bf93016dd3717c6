// One pass over a page without building a tree: its words, title, links and metadata, and whether a tree would be too deep or too
// large. Linear in the page whatever it nests, because the tokeniser keeps no stack and ours stops at the cap.
import { Tokenizer } from 'htmlparser2';
import { clip, clipOrNull, isoDate, LinkList, MOST_TEXT, webUrl } from '../limits.ts';

const MOST_DEPTH = 512;
export const MOST_ELEMENTS = 50_000;
const MOST_ATTRIBUTE = 4_000;

const words = (list: string): ReadonlySet<string> => new Set(list.split(' '));
const VOID = words('area base br col embed hr img input link meta source track wbr');
const SILENT = words('script style noscript template svg iframe object select noembed noframes xmp math');
const BLOCK = words(
  'p div section article li tr h1 h2 h3 h4 h5 h6 br pre blockquote table ul ol dl dt dd header footer main nav aside figure figcaption hr form body',
);
const CELL = words('td th');
/** Tags whose attributes say something to a reader. */
const TELLING = words('a base html meta time');
const PART = 65_536;
/** An open tag that closes its like: unclosed items of a list are no depth. */
const CLOSES: Readonly<Record<string, ReadonlySet<string>>> = {
  p: words('p'),
  li: words('li'),
  option: words('option'),
  dt: words('dt dd'),
  dd: words('dt dd'),
  th: words('th'),
  td: words('thead th td'),
  tr: words('tr th td'),
};

export interface Outline {
  readonly title: string;
  readonly byline: string | null;
  readonly lang: string | null;
  readonly published: string | null;
  readonly text: string;
  readonly cut: boolean;
  readonly links: readonly { readonly text: string; readonly url: string }[];
  /** What relative links are resolved against. */
  readonly base: string | undefined;
  readonly elements: number;
  readonly tooLarge: boolean;
}

class OutlineReader {
  readonly #html: string;
  readonly #links = new LinkList();
  readonly #meta = new Map<string, string>();
  readonly #texts: string[] = [];
  readonly #stack: string[] = [];
  #attributes = new Map<string, string>();
  #attribute = '';
  #value = '';
  #name = '';
  #telling = false;
  #title = '';
  #inTitle = false;
  #length = 0;
  #elements = 0;
  #tooDeep = false;
  #silent = '';
  #silence = 0;
  #lang: string | undefined;
  #base: string | undefined;
  #href: string | undefined;
  #label = '';
  #cut = false;

  constructor(html: string, base: string | undefined) {
    this.#html = html;
    this.#base = base;
  }

  read(): Outline {
    const html = this.#html;
    const ignore = (): void => undefined;
    const tokenizer = new Tokenizer(
      { decodeEntities: true },
      {
        onopentagname: (from, to) => {
          this.#name = html.slice(from, Math.min(to, from + 100)).toLowerCase();
          this.#telling = TELLING.has(this.#name);
          if (this.#telling) this.#attributes = new Map();
        },
        onattribname: (from, to) => {
          if (!this.#telling) return;
          this.#attribute = html.slice(from, Math.min(to, from + 100)).toLowerCase();
          this.#value = '';
        },
        onattribdata: (from, to) =>
          this.#telling && this.#append(html.slice(from, Math.min(to, from + MOST_ATTRIBUTE))),
        onattribentity: (code) => this.#telling && this.#append(String.fromCodePoint(code)),
        onattribend: () => {
          if (this.#telling && this.#attributes.size < 32 && !this.#attributes.has(this.#attribute))
            this.#attributes.set(this.#attribute, this.#value);
        },
        onopentagend: () => this.#open(),
        onselfclosingtag: () => this.#open(),
        onclosetag: (from, to) => this.#close(html.slice(from, Math.min(to, from + 100)).toLowerCase()),
        ontext: (from, to) => this.#text(html.slice(from, to)),
        ontextentity: (code) => this.#text(String.fromCodePoint(code)),
        oncdata: ignore,
        oncomment: ignore,
        ondeclaration: ignore,
        onprocessinginstruction: ignore,
        onend: ignore,
      },
    );
    // In parts, because words beyond the cap change nothing: what is left of such a page need not be looked at.
    for (let at = 0; at < html.length && !this.#cut; at += PART) tokenizer.write(html.slice(at, at + PART));
    if (!this.#cut) tokenizer.end();
    return this.#outline();
  }

  #append(part: string): void {
    if (this.#value.length < MOST_ATTRIBUTE) this.#value += part;
  }

  #open(): void {
    const name = this.#name;
    this.#elements++;
    if (!VOID.has(name)) this.#push(name);
    if (name === this.#silent) this.#silence++;
    else if (this.#silent === '' && SILENT.has(name)) {
      this.#silent = name;
      this.#silence = 1;
    }
    if (name === 'title' && this.#title === '' && this.#silent === '') this.#inTitle = true;
    if (BLOCK.has(name)) this.#breakLine();
    else if (CELL.has(name)) this.#texts.push(' ');
    if (name === 'a' && this.#silent === '') {
      this.#href = webUrl(this.#attributes.get('href'), this.#base);
      this.#label = '';
    } else if (name === 'base') this.#base = webUrl(this.#attributes.get('href'), this.#base) ?? this.#base;
    else if (name === 'html') this.#lang ??= this.#attributes.get('lang') ?? this.#attributes.get('xml:lang');
    else if (name === 'meta') this.#readMeta();
    else if (name === 'time') this.#remember('time', this.#attributes.get('datetime'));
  }

  #breakLine(): void {
    if (this.#texts.at(-1) !== '\n') this.#texts.push('\n');
  }

  #readMeta(): void {
    const name = this.#attributes.get('property') ?? this.#attributes.get('name') ?? this.#attributes.get('itemprop');
    this.#remember(name?.toLowerCase() ?? '', this.#attributes.get('content'));
  }

  #remember(name: string, value: string | undefined): void {
    if (name !== '' && value !== undefined && !this.#meta.has(name) && this.#meta.size < 200)
      this.#meta.set(name, value);
  }

  #push(name: string): void {
    if (this.#tooDeep) return;
    const closes = CLOSES[name];
    while (closes?.has(this.#stack.at(-1) ?? '') === true) this.#stack.pop();
    this.#stack.push(name);
    this.#tooDeep = this.#stack.length > MOST_DEPTH;
  }

  #close(name: string): void {
    const at = this.#stack.lastIndexOf(name);
    if (at !== -1 && !this.#tooDeep) this.#stack.length = at;
    if (name === this.#silent && --this.#silence === 0) this.#silent = '';
    if (name === 'title') this.#inTitle = false;
    if (name === 'a' && this.#href !== undefined) {
      this.#links.add(this.#href, this.#label);
      this.#href = undefined;
    }
    if (BLOCK.has(name)) this.#breakLine();
  }

  #text(text: string): void {
    if (this.#inTitle) {
      if (this.#title.length < 2_000) this.#title += text;
      return;
    }
    if (this.#silent !== '') return;
    if (this.#href !== undefined && this.#label.length < 300) this.#label += text.slice(0, 300);
    if (this.#length > MOST_TEXT) {
      this.#cut ||= text.trim() !== '';
      return;
    }
    // Blanks are no text: a page of nothing else must not fill the cap.
    const words = text.replace(/\s+/g, ' ');
    this.#length += words.length;
    if (words !== ' ' || this.#texts.at(-1) !== ' ') this.#texts.push(words);
  }

  #outline(): Outline {
    const meta = (...names: string[]): string | undefined =>
      names.map((name) => this.#meta.get(name)).find((value) => value !== undefined && value.trim() !== '');
    const text = tidyText(this.#texts.join(''));
    const author = meta('author', 'article:author', 'dc.creator', 'parsely-author', 'byl');
    const date = meta('article:published_time', 'datepublished', 'date', 'dc.date', 'parsely-pub-date', 'time');
    return {
      title: clip(this.#title) || clip(meta('og:title', 'twitter:title')),
      // Some sites name the author's page here; an address is no byline.
      byline: author === undefined || /^https?:/i.test(author) ? null : clipOrNull(author),
      lang: clipOrNull(this.#lang, 40),
      published: isoDate(date),
      text: text.slice(0, MOST_TEXT).toWellFormed(),
      cut: this.#cut || text.length > MOST_TEXT,
      links: this.#links.list(),
      base: this.#base,
      elements: this.#elements,
      tooLarge: this.#tooDeep || this.#elements > MOST_ELEMENTS,
    };
  }
}

export function tidyText(text: string): string {
  return text
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n\n')
    .trim();
}

export function outlinePage(html: string, base: string | undefined): Outline {
  return new OutlineReader(html, base).read();
}
