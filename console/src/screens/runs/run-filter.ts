// From the words of the address to what the server is asked, and which of its answers are held back until they are wanted.
import type { RunSummary } from '@sallyport/contracts';
import type { RunsSearch, TimeWord } from '../../addresses.ts';
import type { RunFilter } from '../../api/queries.ts';

const HOUR = 3_600_000;
const SPANS: Readonly<Record<TimeWord, number>> = { hour: HOUR, day: 24 * HOUR, week: 168 * HOUR, month: 720 * HOUR };

export const TIME_WORDS: Readonly<Record<TimeWord, string>> = {
  hour: 'The last hour',
  day: 'The last day',
  week: 'The last 7 days',
  month: 'The last 30 days',
};

/** `now` is rounded to the minute: the same filter stays the same question for a while. */
export function filterOf(search: RunsSearch, now: number): RunFilter {
  const { status, skill, time, user, text } = search;
  const from = time === undefined ? undefined : new Date(Math.floor(now / 60_000) * 60_000 - SPANS[time]).toISOString();
  return { status, skill, created_by: user, from, text };
}

export function isFiltered({ open: _open, ...filters }: RunsSearch): boolean {
  return Object.keys(filters).length > 0;
}

export interface ShownRuns {
  readonly shown: readonly RunSummary[];
  /** Runs that came since: they move nothing until they are asked for. */
  readonly fresh: number;
}

/** `newest` is the id up to which runs were shown; ids of later runs are greater. Undefined shows all. */
export function shownRuns(
  runs: readonly RunSummary[],
  pinned: readonly RunSummary[],
  newest: string | undefined,
): ShownRuns {
  const above = new Set(pinned.map(({ id }) => id));
  const rest = runs.filter(({ id }) => !above.has(id));
  const shown = newest === undefined ? rest : rest.filter(({ id }) => id <= newest);
  return { shown, fresh: rest.length - shown.length };
}
