// Text that a model, a tool or a page wrote: plain, marked, its direction isolated, what is invisible made visible.
import { useState } from 'react';
import { splitUnseen } from './unseen.ts';

const FIRST = 6_000;

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
