// Days, times and lengths of time that a person wrote, in one form. Without a clock there is no "tomorrow".
import { type Found, standsAlone } from './phrase.ts';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTH = `(${MONTHS.join('|')})[a-z]{0,6}\\.?`;
const DAY_MS = 86_400_000;

const two = (part: string | number): string => String(part).padStart(2, '0');
const monthOf = (name: string): string => two(MONTHS.indexOf(name.slice(0, 3)) + 1);

function isDay(month: string, day: string): boolean {
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31;
}

type Read = (match: RegExpMatchArray) => string[];

/** A day of no year is `--03-15`: whoever wrote it meant the next one. */
const SHAPES: readonly (readonly [RegExp, Read])[] = [
  [
    /(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?=\D|$)/g,
    ([, year = '', month = '', day = '']) => (isDay(month, day) ? [`${year}-${two(month)}-${two(day)}`] : []),
  ],
  [
    /(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?!\d)/g,
    ([, left = '', , right = '', year = '']) =>
      [
        isDay(right, left) ? `${year}-${two(right)}-${two(left)}` : '',
        isDay(left, right) ? `${year}-${two(left)}-${two(right)}` : '',
      ].filter((day) => day !== ''),
  ],
  [
    new RegExp(`(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH}(?:,? (\\d{4}))?(?![\\w])`, 'g'),
    ([, day = '', month = '', year]) => [`${year ?? '-'}-${monthOf(month)}-${two(day)}`],
  ],
  [
    new RegExp(`${MONTH} (\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?(?![\\w])`, 'g'),
    ([, month = '', day = '', year]) => [`${year ?? '-'}-${monthOf(month)}-${two(day)}`],
  ],
];

function relativeDays(text: string, now: number): Found<string>[] {
  const day = (offset: number): string => new Date(now + offset * DAY_MS).toISOString().slice(0, 10);
  const found: Found<string>[] = [];
  for (const match of text.matchAll(
    /\b(today|tonight|tomorrow|yesterday|(?:next |this |last )?(?:sun|mon|tues|wednes|thurs|fri|satur)day)\b/g,
  )) {
    const [words] = match;
    const place = { at: match.index, end: match.index + words.length };
    const fixed = { today: 0, tonight: 0, tomorrow: 1, yesterday: -1 }[words];
    if (fixed !== undefined) found.push({ value: day(fixed), ...place });
    else {
      const ahead = (DAYS.indexOf(words.split(' ').at(-1) ?? '') - new Date(now).getUTCDay() + 7) % 7;
      if (words.startsWith('last ')) found.push({ value: day(ahead - 7), ...place });
      else {
        found.push({ value: day(ahead === 0 ? 7 : ahead), ...place });
        if (words.startsWith('next ')) found.push({ value: day(ahead + 7), ...place });
      }
    }
  }
  return found;
}

/** Days in a folded text. One that reads two ways gives both. */
export function daysIn(text: string, now?: number): Found<string>[] {
  const found: Found<string>[] = now === undefined ? [] : relativeDays(text, now);
  for (const [shape, read] of SHAPES)
    for (const match of text.matchAll(shape))
      for (const value of read(match)) found.push({ value, at: match.index, end: match.index + match[0].length });
  return found;
}

/** Times of the day as `HH:MM`. */
export function timesIn(text: string): Found<string>[] {
  const found: Found<string>[] = [];
  for (const match of text.matchAll(
    /(?<![\d:.,])(\d{1,2})(?::(\d{2}))?(?::\d{2})? ?(am|pm|a\.m\.|p\.m\.|h|o'clock)?(?![\w:])/g,
  )) {
    const [all, hours = '', minutes, half] = match;
    if (minutes === undefined && half === undefined) continue;
    let hour = Number(hours);
    if (half?.startsWith('p') === true && hour < 12) hour += 12;
    if (half?.startsWith('a') === true && hour === 12) hour = 0;
    if (hour < 24 && Number(minutes ?? 0) < 60)
      found.push({ value: `${two(hour)}:${minutes ?? '00'}`, at: match.index, end: match.index + all.length });
  }
  for (const [word, value] of [
    ['noon', '12:00'],
    ['midnight', '00:00'],
  ] as const) {
    const at = text.indexOf(word);
    if (at >= 0 && standsAlone(text, at, at + word.length)) found.push({ value, at, end: at + word.length });
  }
  return found;
}

/** Lengths of time in minutes. */
export function lengthsIn(text: string): number[] {
  return [
    ...text.matchAll(/(?<![\w.,])(\d{1,3}|an?|one|two|three|four|half an)[ -]?(hours?|hrs?|h|minutes?|mins?)\b/g),
  ].map(([, count = '', unit = '']) => {
    const number = { a: 1, an: 1, one: 1, two: 2, three: 3, four: 4, 'half an': 0.5 }[count] ?? Number(count);
    return number * (unit.startsWith('h') ? 60 : 1);
  });
}

/** A time so many minutes after another. */
export function laterBy(time: string, minutes: number): string {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  const sum = (hours * 60 + rest + minutes) % 1440;
  return `${two(Math.floor(sum / 60))}:${two(sum % 60)}`;
}

/** A value that is a day, a time, or both. Undefined for anything else. */
export function readMoment(folded: string): { readonly day?: string; readonly time?: string } | undefined {
  const iso = /^(\d{4}-\d{2}-\d{2})(?:[t ](\d{2}:\d{2})(?::\d{2}(?:\.\d{1,6})?)? ?(?:z|[+-]\d{2}:?\d{2})?)?$/.exec(
    folded,
  );
  if (iso !== null) return { day: iso[1] ?? '', ...(iso[2] === undefined ? {} : { time: iso[2] }) };
  if (folded.length > 40) return undefined;
  const whole = <T extends string>(found: readonly Found<T>[]): T | undefined =>
    found.find(({ at, end }) => at === 0 && end === folded.length)?.value;
  const day = whole(daysIn(folded));
  if (day !== undefined) return { day };
  const time = whole(timesIn(folded));
  return time === undefined ? undefined : { time };
}
