// The two streams: results to stdout, everything else to stderr. Whoever prints foreign text makes it inert first.
import { wantsColour } from './environment.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'quiet' | 'plain';

const SGR: Readonly<Record<Tone, string>> = { good: '32', bad: '31', warn: '33', quiet: '2', plain: '' };

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Waits for the reader, so that an export larger than memory passes through. */
export async function printBytes(chunk: string | Uint8Array): Promise<void> {
  if (process.stdout.write(chunk)) return;
  await new Promise((resolve) => process.stdout.once('drain', resolve));
}

export function paint(tone: Tone, text: string, terminal = process.stdout.isTTY === true && wantsColour()): string {
  return terminal && SGR[tone] !== '' ? `\x1b[${SGR[tone]}m${text}\x1b[0m` : text;
}

/** Columns by their widest cell; the last one is never padded. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

export function printTable(rows: readonly (readonly string[])[]): void {
  for (const line of columns(rows)) print(line);
}

export function showBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
