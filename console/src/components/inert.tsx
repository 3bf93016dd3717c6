// Text that a model, a tool or a page wrote: plain, marked, its direction isolated, what is invisible made visible.
import { useState } from 'react';

const FIRST = 6_000;

// Controls but tab and line feed, bidirectional marks and overrides (UAX #9), zero-width and filler signs, tag characters.
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

function Pieces({ text }: { readonly text: string }) {
  return splitUnseen(text.toWellFormed()).map((piece, at) =>
    piece.kind === 'text' ? (
      piece.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of one text never change places
      <span key={at} className="unseen">
        {piece.text}
      </span>
    ),
  );
}

/** One line inside a sentence or a cell. */
export function InertLine({ text, most = 200 }: { readonly text: string; readonly most?: number }) {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return (
    <bdi className="inert-line">
      <Pieces text={cut.replaceAll(/\s*\n\s*/g, ' ')} />
    </bdi>
  );
}

/** A box of text from outside. `label` says whose it is. */
export function Inert({ text, label }: { readonly text: string; readonly label: string }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > FIRST;
  return (
    <figure className="inert" aria-label={label}>
      <figcaption>
        <span>{label}</span>
        <span className="number">{text.length.toLocaleString('en-US')} characters</span>
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keys */}
      <pre dir="auto" tabIndex={0}>
        <Pieces text={cut ? text.slice(0, FIRST) : text} />
      </pre>
      {cut && (
        <button type="button" className="button" data-kind="quiet" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString('en-US')} characters
        </button>
      )}
    </figure>
  );
}
