// What a paragraph's style and numbering make of it: a heading of a level, an item of a list, or neither (ECMA-376 part 1, 17.7 and 17.9).
import { walkXml } from './xml.ts';

export interface ListPlace {
  readonly list: string;
  readonly level: number;
}

interface Style {
  heading?: number;
  list?: string;
  level?: number;
}

const MOST_STYLES = 5_000;
const HEADING = /^(?:heading\s*([1-9])|(title))$/i;

export type Styles = ReadonlyMap<string, Readonly<Style>>;

export function readStyles(bytes: Uint8Array | undefined): Styles {
  const styles = new Map<string, Style>();
  if (bytes === undefined) return styles;
  let style: Style = {};
  walkXml(bytes, {
    open: (name, attributes) => {
      const value = attributes['w:val'] ?? '';
      if (name === 'w:style') {
        style = {};
        if (styles.size < MOST_STYLES) styles.set(attributes['w:styleId'] ?? '', style);
      } else if (name === 'w:name') {
        const match = HEADING.exec(value);
        if (match !== null) style.heading = match[2] === undefined ? Number(match[1]) : 1;
      } else if (name === 'w:outlineLvl' && /^[0-8]$/.test(value)) style.heading ??= Number(value) + 1;
      else if (name === 'w:numId') style.list = value;
      else if (name === 'w:ilvl') style.level = Number(value) || 0;
    },
  });
  return styles;
}

/** For each list (`numId`), which of its levels are bullets rather than numbers. */
export class Numbering {
  readonly #bullets = new Set<string>();
  readonly #abstract = new Map<string, string>();
  readonly #counts = new Map<string, number[]>();

  constructor(bytes: Uint8Array | undefined) {
    if (bytes === undefined) return;
    let owner = '';
    let level = '';
    let list = '';
    walkXml(bytes, {
      open: (name, attributes) => {
        const value = attributes['w:val'] ?? '';
        if (name === 'w:abstractNum') owner = attributes['w:abstractNumId'] ?? '';
        else if (name === 'w:lvl') level = attributes['w:ilvl'] ?? '';
        else if (name === 'w:numFmt' && (value === 'bullet' || value === 'none'))
          this.#bullets.add(`${owner}/${level}`);
        else if (name === 'w:num') list = attributes['w:numId'] ?? '';
        else if (name === 'w:abstractNumId' && this.#abstract.size < MOST_STYLES) this.#abstract.set(list, value);
      },
    });
  }

  /** The marker of the next item at this place; items below it begin anew. */
  mark({ list, level }: ListPlace): string {
    const counts = this.#counts.get(list) ?? [];
    counts.length = level + 1;
    counts[level] = (counts[level] ?? 0) + 1;
    this.#counts.set(list, counts);
    return this.#bullets.has(`${this.#abstract.get(list) ?? ''}/${level}`) ? '-' : `${counts[level]}.`;
  }
}
