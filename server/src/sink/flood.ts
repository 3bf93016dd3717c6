// Failures that repeat: the first of a kind are written, then the rest of the span is counted (LG5). A flood must not fill a disk, nor
// drown the one line of another kind that tells of an attack: each kind keeps its first lines whatever the others do.

export interface FloodLimits {
  readonly spanMs: number;
  /** Lines of one kind in a span. */
  readonly each: number;
  /** Lines of all kinds together; past them a kind has its first ones only. */
  readonly all: number;
  readonly first: number;
  /** Kinds that are told apart. */
  readonly kinds: number;
}

export const FLOOD_LIMITS: FloodLimits = { spanMs: 10_000, each: 50, all: 1_000, first: 2, kinds: 1_000 };

export interface Repeated {
  readonly count: number;
  /** What the first line of this kind was about; undefined for kinds past the ones that are told apart. */
  readonly about: object | undefined;
}

export interface Flood {
  admit(key: string, about: object): boolean;
}

interface Kind {
  seen: number;
  dropped: number;
  readonly about: object | undefined;
}

export function createFlood(limits: FloodLimits = FLOOD_LIMITS, onRepeated: (repeated: Repeated) => void): Flood {
  const kinds = new Map<string, Kind>();
  let written = 0;
  let begun = false;
  const end = (): void => {
    begun = false;
    written = 0;
    const dropped = [...kinds.values()].filter((kind) => kind.dropped > 0);
    kinds.clear();
    for (const { dropped: count, about } of dropped) onRepeated({ count, about });
  };
  const of = (key: string, about: object): Kind => {
    const found = kinds.get(key);
    if (found !== undefined) return found;
    const full = kinds.size >= limits.kinds;
    if (full && key !== '') return of('', {});
    const made: Kind = { seen: 0, dropped: 0, about: full ? undefined : about };
    kinds.set(key, made);
    return made;
  };
  return {
    admit: (key, about) => {
      if (!begun) setTimeout(end, limits.spanMs).unref();
      begun = true;
      const kind = of(key, about);
      kind.seen++;
      const admitted = kind.seen <= limits.first || (kind.seen <= limits.each && written < limits.all);
      if (admitted) written++;
      else kind.dropped++;
      return admitted;
    },
  };
}
