// Lists in one form: a table for people, JSON lines for programs, bounded either way.
import type { Flag, Input } from './command.ts';
import { Stop } from './exit-status.ts';
import { inert, inertJson } from './inert.ts';
import { note, print, printTable } from './print.ts';

const USUAL = 20;
const MOST = 10_000;

export const LIMIT_FLAG: Flag = { name: 'limit', value: 'N', about: `Most to list; ${USUAL} unless told.` };

export function readLimit(input: Input): number {
  const text = input.text('limit');
  if (text === undefined) return USUAL;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > MOST)
    throw new Stop('usage', `--limit ${inert(text, 40)}: expected a number from 1 to ${MOST}`);
  return value;
}

export interface Listing<T> {
  readonly title: readonly string[];
  /** Foreign text is welcome here: cells are made inert. */
  readonly row: (item: T) => readonly string[];
}

export async function printList<T>(input: Input, items: AsyncIterable<T>, listing: Listing<T>): Promise<void> {
  const most = readLimit(input);
  const rows: string[][] = [];
  let count = 0;
  for await (const item of items) {
    if (count === most) {
      if (!input.has('json')) note(`(there are more; --limit N shows more than ${most})`);
      break;
    }
    count++;
    if (input.has('json')) print(inertJson(item));
    else rows.push(listing.row(item).map((cell) => inert(cell, 100)));
  }
  if (rows.length > 0) printTable([listing.title, ...rows]);
  else if (!input.has('json')) note('none');
}
