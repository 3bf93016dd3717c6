// Scalars of YAML: quoted ones, and blocks of lines.

export interface Line {
  readonly raw: string;
  readonly text: string;
  readonly indent: number;
  /** From 1, in the text that is read. */
  readonly number: number;
}

export class Refusal extends Error {
  readonly code: string;
  readonly line: number;
  constructor(code: string, detail: string, { number }: Line) {
    super(detail);
    this.code = code;
    this.line = number;
  }
}

/** Without the comment that stands behind a space. */
export function withoutComment(text: string): string {
  return text.replace(/\s+#.*$/s, '').trimEnd();
}

const ESCAPES: Readonly<Record<string, string>> = {
  0: '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const HEX: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Reads a quoted scalar that begins the first row and may end in a later one; `used` counts the rows. */
export function readQuoted(rows: readonly string[], line: Line): { value: string; used: number } {
  const quote = rows[0]?.[0];
  let text = '';
  for (const [index, row] of rows.entries()) {
    // A line break folds to a space, and an empty line to a break.
    text += index === 0 ? row : row === '' ? '\n' : text.endsWith('\n') ? row : ` ${row}`;
    const end = quote === '"' ? /^"(?:[^"\\]|\\.)*"/s.exec(text)?.[0] : /^'(?:[^']|'')*'(?!')/.exec(text)?.[0];
    if (end === undefined) continue;
    const after = text.slice(end.length);
    if (after.trim() !== '' && !/^\s+#/.test(after))
      throw new Refusal('yaml_invalid', 'something stands behind the closing quote', line);
    const inner = end.slice(1, -1);
    return { value: quote === '"' ? unescaped(inner, line) : inner.replaceAll("''", "'"), used: index + 1 };
  }
  throw new Refusal('yaml_invalid', 'a quoted value is not closed', line);
}

function unescaped(text: string, line: Line): string {
  return text.replace(
    /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|(.))/gs,
    (_all, ...groups: (string | undefined)[]) => {
      const [two, four, eight, one = ''] = groups;
      const hex = two ?? four ?? eight;
      const value = hex === undefined ? ESCAPES[one] : codePoint(Number.parseInt(hex, 16));
      if (value === undefined || HEX[one] !== undefined)
        throw new Refusal('yaml_invalid', `the escape \\${one} is not known`, line);
      return value;
    },
  );
}

const codePoint = (value: number): string | undefined => (value <= 0x10ffff ? String.fromCodePoint(value) : undefined);

/** Reads `|` and `>` with their indicators. */
export function readBlockScalar(
  lines: readonly Line[],
  start: number,
  header: string,
  indent: number,
  line: Line,
): { value: string; next: number } {
  const match = /^([|>])(?:([+-])?([1-9])?|([1-9])([+-]))(?:\s+#.*)?$/.exec(header);
  if (match === null) throw new Refusal('yaml_invalid', 'a block begins with | or >, and a comment at most', line);
  const keep = match[2] ?? match[5];
  const given = match[3] ?? match[4];
  const first = lines.slice(start).find(({ text }) => text !== '');
  const width = given === undefined ? (first?.indent ?? 0) : Math.max(0, indent) + Number(given);
  const rows: string[] = [];
  let next = start;
  for (; next < lines.length; next++) {
    const row = lines[next];
    if (row === undefined || (row.text !== '' && (row.indent <= indent || row.indent < width))) break;
    rows.push(row.text === '' ? '' : row.raw.slice(width));
  }
  while (rows.at(-1) === '') rows.pop();
  const body = match[1] === '|' ? rows.join('\n') : folded(rows);
  return { value: keep === '-' || rows.length === 0 ? body : `${body}\n`, next };
}

/** Neighbouring lines become one; what is indented deeper keeps its breaks. */
function folded(rows: readonly string[]): string {
  let text = '';
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1];
    if (index === 0) text = row;
    else if (row === '' || before === '' || /^\s/.test(row) || /^\s/.test(before ?? ''))
      text += row === '' ? '\n' : before === '' ? row : `\n${row}`;
    else text += ` ${row}`;
  }
  return text;
}
