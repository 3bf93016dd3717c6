// A table as GitHub Flavored Markdown, section "Tables (extension)"; a table that only lays out a page becomes its paragraphs.
import { gridToMarkdown, inCell } from '../grid.ts';
import type { TreeElement } from './tree.ts';

const MOST_COLUMNS = 50;
const BLOCKS = 'p, ul, ol, table, pre, blockquote, h1, h2, h3, h4, h5, h6, dl';

interface Row {
  readonly cells: string[];
  readonly heading: boolean;
}

function span(cell: TreeElement): number {
  const stated = Number.parseInt(cell.getAttribute('colspan') ?? '1', 10);
  return Math.min(Math.max(stated || 1, 1), MOST_COLUMNS);
}

function rowsOf(table: TreeElement): TreeElement[] {
  const rows: TreeElement[] = [];
  for (const child of table.children) {
    if (child.nodeName === 'TR') rows.push(child);
    else if (/^(?:THEAD|TBODY|TFOOT)$/.test(child.nodeName))
      rows.push(...[...child.children].filter((each) => each.nodeName === 'TR'));
  }
  return rows;
}

const cellsOf = (row: TreeElement): TreeElement[] => [...row.children].filter((each) => /^T[DH]$/.test(each.nodeName));

/** One cell wide, or with blocks in cells and no heading: nobody reads that as a grid. */
function isLayout(table: TreeElement, rows: readonly TreeElement[]): boolean {
  if (table.getAttribute('role') === 'presentation') return true;
  if (rows.every((row) => cellsOf(row).length < 2)) return true;
  return table.querySelector('th') === null && rows.some((row) => cellsOf(row).some((cell) => isBlocky(cell)));
}

function isBlocky(cell: TreeElement): boolean {
  return cell.querySelector('table') !== null || [...cell.querySelectorAll(BLOCKS)].length > 2;
}

function readRow(row: TreeElement, write: (cell: TreeElement) => string): Row {
  const found = cellsOf(row);
  const cells: string[] = [];
  for (const cell of found) {
    cells.push(inCell(write(cell)));
    for (let more = span(cell); more > 1 && cells.length < MOST_COLUMNS; more--) cells.push('');
    if (cells.length >= MOST_COLUMNS) break;
  }
  const heading =
    row.parentElement?.nodeName === 'THEAD' || (found.length > 0 && found.every((cell) => cell.nodeName === 'TH'));
  return { cells, heading };
}

export function tableToMarkdown(table: TreeElement, write: (part: TreeElement) => string): string {
  const trs = rowsOf(table);
  const caption = [...table.children].find((child) => child.nodeName === 'CAPTION');
  const title = caption === undefined ? '' : `${inCell(write(caption))}\n\n`;
  if (isLayout(table, trs)) {
    const parts = trs.flatMap((row) => cellsOf(row).map((cell) => write(cell).trim()));
    return `\n\n${title}${parts.filter((part) => part !== '').join('\n\n')}\n\n`;
  }
  const rows = trs.map((row) => readRow(row, write)).filter((row) => row.cells.some((cell) => cell !== ''));
  if (rows.length === 0) return `\n\n${title}`;
  const cells = rows.map((row) => row.cells);
  return `\n\n${title}${gridToMarkdown(rows[0]?.heading === true ? cells : [[], ...cells])}\n\n`;
}
