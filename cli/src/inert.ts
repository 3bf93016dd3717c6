// What a server, a model, a page or a file name said is shown, never obeyed: a terminal acts on control characters, and
// bidirectional or invisible ones make a text look like another (Trojan Source, CVE-2021-42574).

const ACTIVE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu;

function hex(sign: string): string {
  return (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** The text on one line, with every control, bidirectional and invisible character written as ‹U+XXXX›. */
export function inert(text: string, most = 2_000): string {
  // Cut first, on whole characters: a megabyte need not be searched to show a line.
  const cut = text.length <= most ? text : `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…`;
  return cut.replace(ACTIVE, (sign) => `‹U+${hex(sign)}›`);
}

/** The same over several lines: line breaks stay, each line is inert by itself. */
export function inertLines(text: string, most = 20_000): string[] {
  const cut = text.length <= most ? text : `${text.slice(0, most)}…`;
  return cut.split(/\r?\n/).map((line) => inert(line.replaceAll('\t', '  '), most + 1));
}

/** JSON of the same value in which no such character stands as itself, only as an escape. */
export function inertJson(value: unknown): string {
  return escapeJson(JSON.stringify(value) ?? 'null');
}

/** The same for a text that is JSON already: inside JSON such characters can only stand in strings. */
export function escapeJson(text: string): string {
  return text.replace(ACTIVE, (sign) =>
    Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** What a card shows, which the server has made inert already and set apart from the text around it by isolates (UAX #9); of those a line has no need. */
export function inertCard(text: string, most: number): string {
  return inert(text.replace(/^\u2068([\s\S]*)\u2069$/, '$1'), most);
}
