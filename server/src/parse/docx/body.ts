// The body of a WordprocessingML document as Markdown: headings, lists, tables, links, bold and italic. What was deleted under
// tracked changes is not its text; what was inserted is.
import { gridToMarkdown, inCell } from '../grid.ts';
import { clip, LinkList, MOST_TEXT, webUrl } from '../limits.ts';
import { escapeMarkdown } from '../plain-words.ts';
import type { Numbering, Styles } from './numbering.ts';
import type { Attributes, XmlVisitor } from './xml.ts';

const MOST_LEVEL = 8;
/** `mc:Fallback` repeats what `mc:Choice` says; what was deleted or moved away is gone, and so is a paragraph's former style. */
const SKIPPED = new Set([
  'mc:Fallback',
  'w:del',
  'w:moveFrom',
  'w:instrText',
  'w:delText',
  'w:pPrChange',
  'w:rPrChange',
]);
const SIGNS: Readonly<Record<string, string>> = { 'w:tab': ' ', 'w:cr': '\n', 'w:noBreakHyphen': '-' };

interface Block {
  readonly text: string;
  readonly item: boolean;
}

interface Run {
  text: string;
  readonly mark: string;
}

interface Paragraph {
  style: string;
  list: string | undefined;
  level: number | undefined;
  runs: Run[];
  link: { readonly url: string | undefined; readonly from: number } | undefined;
}

interface Table {
  readonly rows: string[][];
  cell: Block[];
}

function joinBlocks(blocks: readonly Block[]): string {
  let text = '';
  let before: Block | undefined;
  for (const block of blocks) {
    if (before !== undefined) text += before.item && block.item ? '\n' : '\n\n';
    text += block.text;
    before = block;
  }
  return text;
}

/** Marks cling to letters: `** bold**` would be no emphasis. */
function writeRuns(runs: readonly Run[]): string {
  return runs
    .map(({ text, mark }) => {
      const words = text.trim();
      if (mark === '' || words === '') return text;
      const at = text.indexOf(words);
      return `${text.slice(0, at)}${mark}${words}${mark}${text.slice(at + words.length)}`;
    })
    .join('');
}

/** Signs that make a heading or an item only at the start of a line. */
function escapeStarts(text: string): string {
  return text.replace(/^(?=(?:#{1,6}|[-+]|=+)(?:\s|$)|>)/gm, '\\').replace(/^(\d{1,9})(?=[.)](?:\s|$))/gm, '$1\\');
}

const isOn = (attributes: Attributes): boolean => !/^(?:0|false|off|none)$/.test(attributes['w:val'] ?? '');

export class BodyWriter implements XmlVisitor {
  readonly links = new LinkList();
  readonly #styles: Styles;
  readonly #numbering: Numbering;
  readonly #targets: ReadonlyMap<string, string>;
  readonly #blocks: Block[] = [];
  readonly #tables: Table[] = [];
  readonly #paragraphs: Paragraph[] = [];
  #skipped = 0;
  #length = 0;
  #inText = false;
  #bold = false;
  #italic = false;
  #inRun = false;
  title = '';

  constructor(styles: Styles, numbering: Numbering, targets: ReadonlyMap<string, string>) {
    this.#styles = styles;
    this.#numbering = numbering;
    this.#targets = targets;
  }

  full(): boolean {
    return this.#length > MOST_TEXT;
  }

  markdown(): string {
    while (this.#tables.length > 0) this.#closeTable();
    return joinBlocks(this.#blocks);
  }

  open(name: string, attributes: Attributes): void {
    if (this.#skipped > 0 || SKIPPED.has(name)) {
      this.#skipped++;
      return;
    }
    const paragraph = this.#paragraphs.at(-1);
    const value = attributes['w:val'] ?? '';
    if (name === 'w:p')
      this.#paragraphs.push({ style: '', list: undefined, level: undefined, runs: [], link: undefined });
    else if (name === 'w:tbl') this.#tables.push({ rows: [], cell: [] });
    else if (name === 'w:tr') this.#tables.at(-1)?.rows.push([]);
    else if (name === 'w:r') this.#startRun();
    else if (name === 'w:t' || name === 'm:t') this.#inText = true;
    else if (name === 'w:b' && this.#inRun) this.#bold = isOn(attributes);
    else if (name === 'w:i' && this.#inRun) this.#italic = isOn(attributes);
    else if (paragraph === undefined) return;
    else if (name === 'w:pStyle') paragraph.style = value;
    else if (name === 'w:numId') paragraph.list = value;
    else if (name === 'w:ilvl') paragraph.level = Math.min(Number(value) || 0, MOST_LEVEL);
    else if (name === 'w:br') this.#write(attributes['w:type'] === 'page' ? '\n\n' : '\n');
    else if (name === 'w:hyperlink') this.#openLink(paragraph, attributes['r:id']);
    else if (SIGNS[name] !== undefined && this.#inRun) this.#write(SIGNS[name]);
  }

  text(text: string): void {
    if (this.#skipped === 0 && this.#inText) this.#write(escapeMarkdown(text));
  }

  close(name: string): void {
    if (this.#skipped > 0) {
      this.#skipped--;
      return;
    }
    if (name === 'w:t' || name === 'm:t') this.#inText = false;
    else if (name === 'w:r') this.#inRun = false;
    else if (name === 'w:hyperlink') this.#closeLink(this.#paragraphs.at(-1));
    else if (name === 'w:p') this.#closeParagraph(this.#paragraphs.pop());
    else if (name === 'w:tc') this.#closeCell();
    else if (name === 'w:tbl') this.#closeTable();
  }

  #startRun(): void {
    this.#inRun = true;
    this.#bold = false;
    this.#italic = false;
  }

  #write(text: string): void {
    const runs = this.#paragraphs.at(-1)?.runs;
    if (runs === undefined) return;
    this.#length += text.length;
    const mark = `${this.#bold ? '**' : ''}${this.#italic ? '*' : ''}`;
    const last = runs.at(-1);
    if (last?.mark === mark) last.text += text;
    else runs.push({ text, mark });
  }

  #openLink(paragraph: Paragraph, id: string | undefined): void {
    const url = webUrl(this.#targets.get(id ?? ''));
    // A run of its own, so that what follows does not flow into the text before the link.
    paragraph.link = { url, from: paragraph.runs.push({ text: '', mark: '' }) };
    paragraph.runs.push({ text: '', mark: ' ' });
  }

  #closeLink(paragraph: Paragraph | undefined): void {
    if (paragraph?.link === undefined) return;
    const { url, from } = paragraph.link;
    const text = clip(writeRuns(paragraph.runs.splice(from)), 2_000);
    paragraph.link = undefined;
    if (url !== undefined) this.links.add(url, text);
    const address = url?.replace(/[()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
    paragraph.runs.push({ text: url === undefined || text === '' ? text : `[${text}](${address})`, mark: '' });
    paragraph.runs.push({ text: '', mark: ' ' });
  }

  #closeParagraph(paragraph: Paragraph | undefined): void {
    const block = paragraph === undefined ? undefined : this.#writeParagraph(paragraph);
    if (block !== undefined) this.#emit(block);
  }

  #writeParagraph({ style: name, runs, list: own, level: ownLevel }: Paragraph): Block | undefined {
    const style = this.#styles.get(name);
    const heading = style?.heading;
    const text = writeRuns(heading === undefined ? runs : runs.map((run) => ({ ...run, mark: '' }))).trim();
    if (text === '') return undefined;
    if (heading !== undefined) {
      const words = clip(text, 2_000);
      if (this.title === '') this.title = words;
      return { text: `${'#'.repeat(Math.min(heading, 6))} ${words}`, item: false };
    }
    const list = own ?? style?.list;
    // numId 0 takes a paragraph out of the list that its style puts it in (17.9.18).
    if (list === undefined || list === '0' || list === '') return { text: escapeStarts(text), item: false };
    const level = Math.min(ownLevel ?? style?.level ?? 0, MOST_LEVEL);
    const indent = '   '.repeat(level);
    const mark = this.#numbering.mark({ list, level });
    return { text: `${indent}${mark} ${text.replaceAll('\n', `\n${indent}   `)}`, item: true };
  }

  #emit(block: Block): void {
    (this.#tables.at(-1)?.cell ?? this.#blocks).push(block);
  }

  #closeCell(): void {
    const table = this.#tables.at(-1);
    if (table === undefined) return;
    const text = inCell(joinBlocks(table.cell));
    table.cell = [];
    table.rows.at(-1)?.push(text);
  }

  #closeTable(): void {
    const table = this.#tables.pop();
    const rows = table?.rows.filter((row) => row.some((cell) => cell !== '')) ?? [];
    if (rows.length > 0) this.#emit({ text: gridToMarkdown(rows), item: false });
  }
}
