// Turns a cleaned tree into Markdown: GitHub's tables, fenced code with its language, absolute links, and never an image.
import TurndownService from 'turndown';
import { clip, webUrl } from '../limits.ts';
import { escapeTags } from '../plain-words.ts';
import { tableToMarkdown } from './table.ts';
import type { TreeElement } from './tree.ts';

const element = (node: unknown): TreeElement => node as TreeElement;

/** Their content is never text, or would name an address that a viewer fetches by itself. */
const DROPPED = new Set(
  'img picture source svg video audio track canvas map area script style noscript template iframe object embed form button input select textarea dialog'.split(
    ' ',
  ),
);

function languageOf(node: TreeElement): string {
  const names = [node, ...node.querySelectorAll('code')].map((each) => each.getAttribute('class') ?? '');
  return /(?:^|\s)(?:language|lang|highlight-source|brush:)[- ]?([\w+#.-]{1,30})/.exec(names.join(' '))?.[1] ?? '';
}

function fencedCode(node: TreeElement): string {
  const code = (node.textContent ?? '').replace(/^\n/, '').trimEnd();
  const longest = [...code.matchAll(/`{3,}/g)].reduce((most, [ticks]) => Math.max(most, ticks.length), 2);
  const fence = '`'.repeat(longest + 1);
  return `\n\n${fence}${languageOf(node)}\n${code}\n${fence}\n\n`;
}

/** Parentheses and blanks would end the address; they are written in their percent form. */
const inParentheses = (url: string): string =>
  url.replace(/[()\s<>]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);

export function createMarkdownWriter(base: string | undefined): (root: TreeElement) => string {
  const service = new TurndownService({
    headingStyle: 'atx',
    codeBlockStyle: 'fenced',
    bulletListMarker: '-',
    emDelimiter: '*',
    hr: '---',
  });
  const escapeMarkdown = service.escape.bind(service);
  // Words that look like a tag would be one to a viewer that lets HTML through, `<img>` among them.
  service.escape = (text) => escapeTags(escapeMarkdown(text));
  service.addRule('pre', { filter: 'pre', replacement: (_content, node) => fencedCode(element(node)) });
  service.addRule('struck', { filter: ['del', 's'], replacement: (content) => content.trim() && `~~${content}~~` });
  service.addRule('link', {
    filter: 'a',
    replacement: (content, node) => {
      const text = clip(content, 2_000);
      const url = webUrl(element(node).getAttribute('href'), base);
      return text === '' || url === undefined ? text : `[${text}](${inParentheses(url)})`;
    },
  });
  const places = new ItemPlaces();
  service.addRule('item', {
    filter: 'li',
    replacement: (content, node) => listItem(content, element(node), places.of(element(node))),
  });
  // Each cell is written once, on the way up: writing it again from its table would double the work with each nested table.
  const cells = new WeakMap<object, string>();
  service.addRule('cell', {
    filter: ['td', 'th', 'caption'],
    replacement: (content, node) => {
      cells.set(node, content);
      return content;
    },
  });
  service.addRule('table', {
    filter: 'table',
    replacement: (_content, node) => tableToMarkdown(element(node), (cell) => cells.get(cell) ?? ''),
  });
  service.addRule('term', { filter: 'dt', replacement: (content) => `\n\n**${content.trim()}**\n` });
  service.addRule('dropped', { filter: (node) => DROPPED.has(node.nodeName.toLowerCase()), replacement: () => '' });
  return (root) =>
    service
      .turndown(root as unknown as TurndownService.Node)
      .replace(/^[ \t]+$/gm, '')
      .replace(/\n{3,}/g, '\n\n')
      .trim();
}

/** Places of the items of each list, counted once: counting them for each item would be quadratic. */
class ItemPlaces {
  readonly #places = new WeakMap<object, Map<TreeElement, number>>();

  of(item: TreeElement): number {
    const list = item.parentElement;
    if (list === null) return 0;
    let places = this.#places.get(list);
    if (places === undefined) {
      places = new Map();
      for (const child of list.children) if (child.nodeName === 'LI') places.set(child, places.size);
      this.#places.set(list, places);
    }
    return places.get(item) ?? 0;
  }
}

function listItem(content: string, node: TreeElement, place: number): string {
  const list = node.parentElement;
  const start = Number.parseInt(list?.getAttribute('start') ?? '1', 10);
  const marker = list?.nodeName === 'OL' ? `${(Number.isSafeInteger(start) ? Math.max(start, 0) : 1) + place}. ` : '- ';
  const lines = content
    .trimEnd()
    .replace(/^\s*\n/, '')
    .split('\n');
  const indent = ' '.repeat(marker.length);
  const text = lines.map((line, index) => (index === 0 || line === '' ? line.trimEnd() : indent + line)).join('\n');
  return `${marker}${text.trimStart()}\n`;
}
