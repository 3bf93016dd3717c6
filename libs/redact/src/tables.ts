// Finds secrets that only their column names: CSV and its kin, and the values of an SQL insert (RD6).
import { isPlaceholder } from './looks.ts';
import { type NameTable, STRONG } from './names.ts';

const MOST_CELLS = 200;

interface Cell {
  readonly from: number;
  readonly to: number;
}

/** The cells of one line as offsets, without quotes; undefined when there are too many. */
function split(text: string, start: number, end: number, mark: string): Cell[] | undefined {
  const cells: Cell[] = [];
  let at = start;
  while (at <= end) {
    while (at < end && text[at] === ' ') at++;
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      let close = text.indexOf(quote, at + 1);
      while (close !== -1 && close < end && (text[close + 1] === quote || text[close - 1] === '\\'))
        close = text.indexOf(quote, close + (text[close + 1] === quote ? 2 : 1));
      if (close === -1 || close > end) return undefined;
      cells.push({ from: at + 1, to: close });
      at = text.indexOf(mark, close);
    } else {
      const next = text.indexOf(mark, at);
      const to = next === -1 || next > end ? end : next;
      cells.push({ from: at, to: at + text.slice(at, to).trimEnd().length });
      at = next;
    }
    if (at === -1 || at >= end) return cells;
    if (cells.length > MOST_CELLS) return undefined;
    at++;
  }
  return cells;
}

function secretColumns(text: string, cells: readonly Cell[], names: NameTable): number[] {
  const columns: number[] = [];
  for (const [index, cell] of cells.entries()) {
    const name = text.slice(cell.from, cell.to);
    if (name.length > 60 || !/^[\w .-]*$/.test(name)) return [];
    if (names(name).strength === STRONG) columns.push(index);
  }
  return columns;
}

function maskCells(text: string, cells: readonly Cell[], columns: readonly number[], edits: number[]): void {
  for (const column of columns) {
    const cell = cells[column];
    if (
      cell !== undefined &&
      cell.to > cell.from &&
      !isPlaceholder(text.slice(cell.from, Math.min(cell.to, cell.from + 64)))
    )
      edits.push(cell.from, cell.to);
  }
}

/** Lines under a head of names, as many cells each as the head. */
export function maskTable(text: string, names: NameTable, edits: number[]): void {
  let head: { mark: string; count: number; columns: readonly number[] } | undefined;
  let start = 0;
  while (start < text.length) {
    const next = text.indexOf('\n', start);
    const end = next === -1 ? text.length : next - (text[next - 1] === '\r' ? 1 : 0);
    if (head !== undefined) {
      const rule = /^[\s|+:-]+$/.test(text.slice(start, Math.min(end, start + 400)));
      const cells = rule ? [] : split(text, start, end, head.mark);
      if (cells?.length === head.count) maskCells(text, cells, head.columns, edits);
      else if (!rule) head = undefined;
    }
    if (head === undefined && end - start < 4096) {
      for (const mark of [',', ';', '\t', '|']) {
        const cells = text.slice(start, end).includes(mark) ? split(text, start, end, mark) : undefined;
        const columns = cells === undefined || cells.length < 2 ? [] : secretColumns(text, cells, names);
        if (columns.length === 0) continue;
        head = { mark, count: cells?.length ?? 0, columns };
        break;
      }
    }
    if (next === -1) return;
    start = next + 1;
  }
}

const INSERT = /\(([^()]{1,1000})\)\s{0,20}values\s{0,20}/gi;
const TUPLE = /\(((?:[^()'"]|'(?:[^'\\]|\\.|'')*'|"[^"]*"){1,4000})\)\s{0,20},?\s{0,20}/y;

/** `insert into t (name, password) values ('ann', '…')`. */
export function maskInsert(text: string, names: NameTable, edits: number[]): void {
  INSERT.lastIndex = 0;
  for (let match = INSERT.exec(text); match !== null; match = INSERT.exec(text)) {
    const list = (match[1] ?? '').replace(/[`"']/g, '').split(',');
    const columns = list.flatMap((name, index) => (names(name.trim()).strength === STRONG ? [index] : []));
    if (columns.length === 0) continue;
    TUPLE.lastIndex = match.index + match[0].length;
    for (
      let from = TUPLE.lastIndex, row = TUPLE.exec(text);
      row !== null;
      from = TUPLE.lastIndex, row = TUPLE.exec(text)
    ) {
      const cells = split(text, from + 1, from + 1 + (row[1] ?? '').length, ',');
      if (cells !== undefined) maskCells(text, cells, columns, edits);
    }
  }
}
