// Which signs of a text nobody sees: controls but tab and line feed, bidirectional marks and overrides (UAX #9), zero-width and
// filler signs, tag characters.

// Signs that combine with the one before stand beside the class: in it they would be read as part of their neighbour.
const UNSEEN =
  /[\p{Cc}\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u2028-\u202f\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb]|\u200d|\u034f|[\u180b-\u180d]|\u180f|[\ufe00-\ufe0f]|[\u{e0000}-\u{e0fff}]/gu;

export type Piece = { readonly kind: 'text' | 'sign'; readonly text: string };

/** Splits text into what is seen and what is not; the second kind is named by its code point. */
export function splitUnseen(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(UNSEEN)) {
    const [sign] = found;
    if (sign === '\n' || sign === '\t') continue;
    if (found.index > from) pieces.push({ kind: 'text', text: text.slice(from, found.index) });
    const code = (sign.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    pieces.push({ kind: 'sign', text: `U+${code}` });
    from = found.index + sign.length;
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
  return pieces;
}
