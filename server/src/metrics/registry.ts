// A registry of our own: the published client brings two packages for what is one format of lines.
import { fault } from '../errors.ts';

export type Labels = Readonly<Record<string, string>>;
export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

export interface Counter {
  add(labels?: Labels, by?: number): void;
}
export interface Histogram {
  observe(labels: Labels, value: number): void;
}

export interface Registry {
  counter(name: string, about: string): Counter;
  histogram(name: string, about: string, bounds: readonly number[]): Histogram;
  /** Read when somebody asks; a source that fails shows nothing, and never a stale number. */
  read(
    name: string,
    kind: 'gauge' | 'counter',
    about: string,
    source: () => Promise<readonly Sample[]> | readonly Sample[],
  ): void;
  /** The whole page. */
  text(): Promise<string>;
}

const NAME = /^[a-z][a-z0-9_]{0,80}$/;
/** A label that would grow without end is a fault of the caller; the page stays of a size all the same. */
const MOST_SERIES = 1_000;
const OTHER = 'other';

type Write = () => Promise<readonly string[]> | readonly string[];

export function createRegistry(): Registry {
  const parts = new Map<string, { readonly head: string; readonly write: Write }>();
  const add = (name: string, kind: string, about: string, write: Write): void => {
    if (!NAME.test(name) || parts.has(name)) throw fault('internal', { detail: `${name} is no new metric` });
    parts.set(name, { head: `# HELP ${name} ${about}\n# TYPE ${name} ${kind}`, write });
  };
  return {
    counter: (name, about) => {
      const series = new Series<{ value: number }>(() => ({ value: 0 }));
      add(name, 'counter', about, () => series.lines((labels, { value }) => [line(name, labels, value)]));
      return {
        add: (labels = {}, by = 1) => {
          series.of(labels).value += by;
        },
      };
    },
    histogram: (name, about, bounds) => {
      const series = new Series(() => ({ counts: bounds.map(() => 0), count: 0, sum: 0 }));
      add(name, 'histogram', about, () => series.lines((labels, one) => histogramLines(name, labels, bounds, one)));
      return {
        observe: (labels, value) => {
          const one = series.of(labels);
          one.count++;
          one.sum += value;
          for (const [at, bound] of bounds.entries()) if (value <= bound) one.counts[at] = (one.counts[at] ?? 0) + 1;
        },
      };
    },
    read: (name, kind, about, source) =>
      add(name, kind, about, async () => (await source()).map(({ labels = {}, value }) => line(name, labels, value))),
    text: async () => {
      const written = await Promise.all(
        [...parts.values()].map(async ({ head, write }) => {
          const lines = await Promise.resolve()
            .then(write)
            .catch(() => []);
          return lines.length === 0 ? '' : `${head}\n${lines.join('\n')}\n`;
        }),
      );
      return written.join('');
    },
  };
}

class Series<T> {
  readonly #byLabels = new Map<string, { readonly labels: Labels; readonly value: T }>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }
  of(labels: Labels): T {
    const key = JSON.stringify(labels);
    const found = this.#byLabels.get(key);
    if (found !== undefined) return found.value;
    const full = this.#byLabels.size >= MOST_SERIES;
    if (full && Object.values(labels).some((value) => value !== OTHER))
      return this.of(Object.fromEntries(Object.keys(labels).map((name) => [name, OTHER])));
    const value = this.#make();
    this.#byLabels.set(key, { labels, value });
    return value;
  }
  lines(show: (labels: Labels, value: T) => readonly string[]): string[] {
    return [...this.#byLabels.values()].flatMap((one) => [...show(one.labels, one.value)]);
  }
}

function line(name: string, labels: Labels, value: number): string {
  const inside = Object.entries(labels).map(([label, text]) => `${label}="${escapeValue(text)}"`);
  return `${name}${inside.length === 0 ? '' : `{${inside.join(',')}}`} ${value}`;
}

function escapeValue(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function histogramLines(
  name: string,
  labels: Labels,
  bounds: readonly number[],
  one: { readonly counts: readonly number[]; readonly count: number; readonly sum: number },
): string[] {
  return [
    ...bounds.map((bound, at) => line(`${name}_bucket`, { ...labels, le: String(bound) }, one.counts[at] ?? 0)),
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, one.count),
    line(`${name}_sum`, labels, one.sum),
    line(`${name}_count`, labels, one.count),
  ];
}
