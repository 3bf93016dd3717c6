import type { EventFilter } from '../../../addresses.ts';
import type { Row } from '../../../live/run-log.ts';

export const FILTER_WORDS: Readonly<Record<EventFilter, string>> = {
  all: 'All',
  model: 'Model',
  tools: 'Tools',
  failed: 'Failed',
  held: 'Held',
  tainted: 'Tainted',
};

const KEEPS: Readonly<Record<Exclude<EventFilter, 'tainted'>, RegExp>> = {
  all: /^/,
  model: /^(?:model|usage)\./,
  tools: /^(?:tool|egress|artifact|entity|effect)\./,
  failed: /\.(?:failed|denied|blocked|exceeded)$/,
  held: /^(?:run\.waiting|tool\.call\.held|approval\..*)$/,
};

export function keepRows(rows: readonly Row[], show: EventFilter, taintedFrom: number | undefined): readonly Row[] {
  if (show === 'all') return rows;
  if (show === 'tainted') return taintedFrom === undefined ? [] : rows.slice(taintedFrom);
  return rows.filter((row) => KEEPS[show].test(row.type));
}
