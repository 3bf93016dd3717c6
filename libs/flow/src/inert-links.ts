// Links of a text that a model wrote, made inert unless allowed, so that no composed URL can lie in wait in a digest (R10, R28).
// A scanner, not patterns: the text is written by an attacker, and a label of ten thousand brackets must cost no more than prose.
import { normalizeUrl, trimSentenceEnd } from './urls.ts';

/** What may begin something live. Backslashes: Markdown drops them, and what is left may be a link. */
const START =
  /!\[|\]\(|\]:(?=\s*\S)|<(?=[a-z/!?])|&(?=#|(?:colon|sol|period|commat|lpar|rpar|lsqb|lbrack|rsqb|rbrack|excl|lt|bsol|Tab|NewLine);)|(?:https?|ftp)\\?:(?=[^\s<>()\]`"])|(?<![a-z0-9])(?:data|javascript|vbscript|file|blob|mailto|tel)\\?:(?=[^\s<>()\]`"])|(?<![a-z0-9])www\\?\./gi;
const BARE = /[^\s<>()\]`"]{0,4000}/y;
const MOST_NESTING = 32;
const MOST_DESTINATION = 4_000;

interface Destination {
  readonly inner: string;
  /** Index after the closing bracket. */
  readonly end: number;
}

/** The destination of `](…)`, brackets balanced. Nesting is bounded, so no character is looked at more than 33 times in all. */
function readDestination(text: string, from: number): Destination | undefined {
  let depth = 0;
  for (let at = from; at < text.length && at - from < MOST_DESTINATION; at++) {
    const sign = text[at];
    if (sign === '\n' && text[at + 1] === '\n') return undefined;
    if (sign === '(' && ++depth > MOST_NESTING) return undefined;
    if (sign === ')' && --depth < 0) return { inner: text.slice(from, at).trim(), end: at + 1 };
  }
  return undefined;
}

/** Raw text may say one address and, once Markdown has dropped its escapes, mean another. */
function isPlain(raw: string): boolean {
  return !raw.includes('\\') && !/&#?\w{1,32};/.test(raw);
}

export type AllowedLinks = ReadonlySet<string> | ((url: string) => boolean);

/**
 * Writes every image, and every link that is not allowed, as inert text.
 *
 * `allowed` holds normalised URLs, or says of a normalised URL whether it may stay. Linear in the text.
 */
export function inertLinks(
  markdown: string,
  allowed: AllowedLinks,
): { readonly text: string; readonly removed: number } {
  const start = new RegExp(START);
  const isAllowed = (raw: string): boolean => {
    const normal = isPlain(raw) ? normalizeUrl(raw) : undefined;
    return normal !== undefined && (typeof allowed === 'function' ? allowed(normal) : allowed.has(normal));
  };
  let removed = 0;
  const inert = (raw: string): string => {
    removed++;
    return `\`${raw
      .replace(/\\?:\/{0,2}/g, ' ')
      .replace(/(www)\\?\./gi, '$1 ')
      .replace(/[`\n]/g, "'")
      .replace(/!\[/g, '! [')
      .replace(/\]\(/g, '] (')
      .replace(/&(?=#|\w{1,32};)/g, '&amp;')
      .replace(/</g, '&lt;')}\``;
  };
  const out: string[] = [];
  let at = 0;
  for (let match = start.exec(markdown); match !== null; match = start.exec(markdown)) {
    const mark = match[0];
    out.push(markdown.slice(at, match.index));
    at = match.index + mark.length;
    if (mark === '![') out.push('! [');
    else if (mark === '<') out.push('&lt;');
    else if (mark === '&') out.push('&amp;');
    else if (mark === ']:') {
      const dest = /\s{0,8}(https?:[^\s\]]{0,4000})/iy;
      dest.lastIndex = at;
      out.push(isAllowed(dest.exec(markdown)?.[1] ?? '') ? ']:' : '] :');
    } else if (mark === '](') {
      const found = readDestination(markdown, at);
      if (found === undefined) out.push('] (');
      else {
        // Without its title: one that is not well formed would be text again, and live.
        const url = /^\S*/.exec(found.inner)?.[0] ?? '';
        out.push(isAllowed(url) ? `](${url})` : `] (${inert(found.inner)})`);
      }
      if (found !== undefined) at = found.end;
    } else {
      BARE.lastIndex = at;
      const rest = BARE.exec(markdown)?.[0] ?? '';
      const whole = trimSentenceEnd(mark + rest, '.,;:!?');
      at = match.index + Math.max(whole.length, mark.length);
      out.push(isAllowed(whole) ? whole : inert(markdown.slice(match.index, at)));
    }
    start.lastIndex = at;
  }
  out.push(markdown.slice(at));
  return { text: out.join(''), removed };
}
