// What the user said: the task, the strings of the input, the skill's own text, answers given in this run (R9a). The only text that justifies by its words.
import { daysIn, laterBy, lengthsIn, readMoment, timesIn } from './dates.ts';
import { FlowError } from './flow-error.ts';
import { type Folded, type Found, findPhrase, findSpaced, fold, foldWithMap, numbersIn, readNumber } from './phrase.ts';
import { normalizeUrl, trimSentenceEnd } from './urls.ts';

export interface StatedPart {
  /** `task`, `input.urls[0]`, `skill`, `answer[0]`, `grant.values[0]`. */
  readonly part: string;
  readonly text: string;
}

export type Source =
  | { readonly kind: 'prompt'; readonly part: string; readonly span: readonly [number, number] }
  | { readonly kind: 'tool'; readonly call: string; readonly tool: string; readonly path: string };

export type Scalar = string | number | boolean | null;

const MOST_PROMPT = 400_000;
const TOP =
  'com|org|net|io|dev|app|ai|edu|gov|int|eu|uk|de|fr|es|it|nl|ch|at|jp|cn|in|br|au|ca|us|co|info|example|test';
const LINK = new RegExp(
  `https?:\\/\\/[^\\s<>"'\`\\]]{1,4000}|(?<![\\w@.\\/-])(?:[a-z0-9-]{1,63}\\.){1,6}(?:${TOP})(?::\\d{1,5})?(?:\\/[^\\s<>"'\`\\]]{0,4000})?(?![\\w@-]|\\.\\w)`,
  'gi',
);

interface Page {
  readonly part: string;
  readonly folded: Folded;
  readonly numbers: readonly Found<number>[];
  readonly days: readonly Found<string>[];
  readonly times: readonly Found<string>[];
  readonly lengths: readonly number[];
}

export interface Stated {
  /** Where the user said this value, compared after normalising, on whole tokens. */
  find(value: Scalar): Source | undefined;
  findUrl(url: string): Source | undefined;
  /** Whether the user said this value as a name, and not as a common word that a stranger could guess. */
  isNamed(value: Scalar): boolean;
  /** Normalised URLs that the user stated. */
  readonly urls: ReadonlyMap<string, Source>;
  /** Folded text of each part. */
  readonly texts: readonly string[];
}

/**
 * A stranger who calls his mail "the summary" must not be chosen by a prompt that speaks of the summary. A name is quoted, holds a
 * digit or a sign of an identifier, follows a word such as "called", or has a capital letter inside a sentence.
 */
function isName(text: string, from: number, to: number): boolean {
  const words = text.slice(from, to);
  const before = text.slice(Math.max(0, from - 40), from);
  if (/[\d@_/\\]|\w\.\w/.test(words)) return true;
  if (/["'\u201c\u2018\u00ab]$/.test(before) && /^["'\u201d\u2019\u00bb]/.test(text.slice(to, to + 1))) return true;
  if (/\b(?:called|named|titled|entitled|labelled|labeled)[ :]{1,3}["'\u201c]?$/i.test(before)) return true;
  return /^\p{Lu}/u.test(words) && /[\p{L}\p{N},;:(] ?["'\u201c(]?$/u.test(before);
}

function readUrls(parts: readonly StatedPart[]): Map<string, Source> {
  const urls = new Map<string, Source>();
  const add = (url: string | undefined, source: Source): void => {
    if (url !== undefined && !urls.has(url)) urls.set(url, source);
  };
  for (const { part, text } of parts)
    for (const match of text.matchAll(LINK)) {
      const raw = trimSentenceEnd(match[0]);
      const source: Source = { kind: 'prompt', part, span: [match.index, match.index + raw.length] };
      const bare = !/^https?:/i.test(raw);
      add(normalizeUrl(bare ? `https://${raw}` : raw), source);
      // A page that was asked for over http may be fetched over https, never the other way round.
      if (/^http:/i.test(raw)) add(normalizeUrl(raw.replace(/^http:/i, 'https:')), source);
    }
  return urls;
}

function findMoment(page: Page, folded: string): Found<unknown> | undefined {
  const moment = readMoment(folded);
  if (moment === undefined) return undefined;
  const day =
    moment.day === undefined
      ? undefined
      : page.days.find(
          ({ value }) => value === moment.day || (value.startsWith('--') && moment.day?.slice(4) === value.slice(1)),
        );
  if (moment.day !== undefined && day === undefined) return undefined;
  if (moment.time === undefined || (moment.time === '00:00' && day !== undefined)) return day;
  const time = page.times.find(
    ({ value }) => value === moment.time || page.lengths.some((length) => laterBy(value, length) === moment.time),
  );
  return time === undefined ? undefined : (day ?? time);
}

function findOnPage(page: Page, value: Scalar): { readonly at: number; readonly end: number } | undefined {
  const folded = fold(String(value));
  const number = readNumber(folded);
  if (number !== undefined) {
    const same = page.numbers.find((found) => found.value === number);
    if (same !== undefined) return same;
  }
  const moment = findMoment(page, folded);
  if (moment !== undefined) return moment;
  // A number is only ever met as a number: `5` does not stand in `-5`.
  const at = number !== undefined && number < 1e6 ? -1 : findPhrase(page.folded.text, folded);
  if (at >= 0) return { at, end: at + folded.length };
  return findSpaced(page.folded.text, folded.replace(/[ .()/+-]/g, ''));
}

/** `now` in milliseconds gives "tomorrow" a meaning. Throws `FlowError('too_large')`. */
export function createStated(parts: readonly StatedPart[], now?: number): Stated {
  if (parts.reduce((sum, { text }) => sum + text.length, 0) > MOST_PROMPT)
    throw new FlowError('too_large', 'The prompt is too large.');
  const pages = parts.map(({ part, text }): Page => {
    const folded = foldWithMap(text);
    return {
      part,
      folded,
      numbers: numbersIn(folded.text),
      days: daysIn(folded.text, now),
      times: timesIn(folded.text),
      lengths: lengthsIn(folded.text),
    };
  });
  const urls = readUrls(parts);
  const sourceOf = (index: number, at: number, end: number): Source => {
    const page = pages[index];
    const from = page?.folded.at[at] ?? 0;
    return { kind: 'prompt', part: page?.part ?? 'task', span: [from, (page?.folded.at[end - 1] ?? from) + 1] };
  };
  const findUrl = (url: string): Source | undefined => urls.get(normalizeUrl(url) ?? '');
  const find = (value: Scalar): Source | undefined => {
    if (value === null || value === '') return undefined;
    if (typeof value === 'string' && /^\s*[a-z][a-z0-9+.-]{0,30}:\/\//i.test(value)) return findUrl(value.trim());
    for (const [index, page] of pages.entries()) {
      const found = findOnPage(page, value);
      if (found !== undefined) return sourceOf(index, found.at, found.end);
    }
    return undefined;
  };
  return {
    urls,
    texts: pages.map(({ folded }) => folded.text),
    findUrl,
    isNamed: (value) => {
      const source = find(value);
      const part = parts.find((one) => source?.kind === 'prompt' && one.part === source.part);
      return source?.kind === 'prompt' && part !== undefined && isName(part.text, ...source.span);
    },
    find,
  };
}
