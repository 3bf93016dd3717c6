// RSS 2.0, RSS 1.0 and Atom as a list of entries; any other XML is refused, because its text would have no order.
import { Parser } from 'htmlparser2';
import { clip, clipOrNull, countWords, isoDate, LinkList, MOST_TEXT, webUrl } from '../limits.ts';
import { ParseError } from '../parse-error.ts';
import { plainWords } from '../plain-words.ts';
import type { ReadText } from '../read-text.ts';
import { outlinePage } from './outline.ts';

const MOST_DEPTH = 64;
const MOST_ENTRIES = 1_000;
const MOST_FIELD = 20_000;
const ROOTS = new Set(['rss', 'feed', 'rdf:rdf']);
const ENTRIES = new Set(['item', 'entry']);
const FIELDS: Readonly<Record<string, string>> = {
  title: 'title',
  link: 'link',
  description: 'summary',
  summary: 'summary',
  'content:encoded': 'content',
  content: 'content',
  pubdate: 'date',
  published: 'date',
  updated: 'date',
  'dc:date': 'date',
  'dc:creator': 'author',
  author: 'author',
  language: 'lang',
};

type Fields = Map<string, string>;

interface Feed {
  readonly about: Fields;
  readonly entries: Fields[];
  readonly cut: boolean;
}

function scanFeed(xml: string): Feed {
  const about: Fields = new Map();
  const entries: Fields[] = [];
  let into = about;
  let depth = 0;
  let root: string | undefined;
  let field: string | undefined;
  let fieldDepth = 0;
  let cut = false;
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        depth++;
        root ??= name;
        if (!ROOTS.has(root)) throw new ParseError('unsupported_media_type', 'XML that is no feed cannot be read');
        if (depth > MOST_DEPTH) throw new ParseError('document_too_large', 'the feed nests too deep');
        if (ENTRIES.has(name)) {
          cut ||= entries.length >= MOST_ENTRIES;
          into = new Map();
          if (entries.length < MOST_ENTRIES) entries.push(into);
        }
        if (name === 'feed' && attributes['xml:lang'] !== undefined) about.set('lang', attributes['xml:lang']);
        const known = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
        // `author` of Atom holds its name one level deeper; text of children belongs to the field that is open.
        if (field !== undefined || known === undefined || into.has(known)) return;
        const alternate = attributes.rel === undefined || attributes.rel === 'alternate';
        if (known === 'link' && attributes.href !== undefined) {
          if (alternate) into.set('link', attributes.href);
          return;
        }
        field = known;
        fieldDepth = depth;
      },
      ontext: (text) => {
        if (field === undefined) return;
        const before = into.get(field) ?? '';
        if (before.length < MOST_FIELD) into.set(field, before + text.slice(0, MOST_FIELD));
      },
      onclosetag: (name) => {
        if (depth === fieldDepth) field = undefined;
        if (ENTRIES.has(name)) into = about;
        depth--;
      },
    },
    { xmlMode: true, decodeEntities: true, lowerCaseTags: true },
  );
  // In parts, so that a refusal stops the reading.
  for (let at = 0; at < xml.length; at += 65_536) parser.write(xml.slice(at, at + 65_536));
  parser.end();
  if (root === undefined) throw new ParseError('document_broken', 'the document holds no element');
  return { about, entries, cut };
}

/** Fields may hold markup as text; its words are kept. */
const words = (field: string | undefined): string => plainWords(outlinePage(field ?? '', undefined).text);

export function readFeed(xml: string, base: string | undefined): ReadText {
  const { about, entries, cut } = scanFeed(xml);
  const links = new LinkList();
  const parts = entries.map((entry) => {
    const title = clip(words(entry.get('title')));
    const url = webUrl(entry.get('link'), base);
    links.add(url, title);
    const date = isoDate(entry.get('date')?.trim());
    const head = [`## ${title}`, [date, url].filter((part) => part !== null && part !== undefined).join(' ')];
    return [...head, words(entry.get('content') ?? entry.get('summary'))].filter((part) => part !== '').join('\n\n');
  });
  const title = clip(words(about.get('title')));
  const markdown = [`# ${title}`, words(about.get('summary')), ...parts].filter((part) => part !== '').join('\n\n');
  return {
    title,
    byline: clipOrNull(words(about.get('author'))),
    lang: clipOrNull(about.get('lang'), 40),
    published: isoDate(about.get('date')?.trim()),
    markdown: markdown.slice(0, MOST_TEXT).toWellFormed(),
    links: links.list(),
    wordCount: countWords(markdown),
    mode: 'readable',
    truncated: cut || markdown.length > MOST_TEXT,
  };
}
