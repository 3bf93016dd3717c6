// Rows of cells as a table of GitHub Flavored Markdown, section "Tables (extension)". The first row is the heading.

export function inCell(markdown: string): string {
  return markdown.replace(/\\?\|/g, '\\|').replace(/\s+/g, ' ').trim();
}

const line = (cells: readonly string[], width: number): string =>
  `| ${Array.from({ length: width }, (_, at) => cells[at] ?? '').join(' | ')} |`;

export function gridToMarkdown(rows: readonly (readonly string[])[]): string {
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  if (width === 0) return '';
  const rule = line(
    Array.from({ length: width }, () => '---'),
    width,
  );
  const [head = [], ...body] = rows;
  return [line(head, width), rule, ...body.map((row) => line(row, width))].join('\n');
}
