// One renderer for one (type, version): its title, a line for the list, and the whole for the panel.
import type { ReactNode } from 'react';
import type { Read } from './shape.ts';

export type Tone = 'plain' | 'good' | 'bad' | 'held';

export interface Renderer {
  readonly title: string;
  readonly tone: Tone;
  /** Undefined when the body is not the shape of this version: it is then shown as unknown. */
  render(data: unknown): { readonly line: ReactNode; readonly detail: ReactNode; readonly label?: Label } | undefined;
}

export interface Label {
  readonly integrity: string;
  readonly confidentiality: string;
}

export function renderer<T>(
  title: string,
  tone: Tone,
  read: Read<T>,
  show: { line(data: T): ReactNode; detail(data: T): ReactNode; label?(data: T): Label },
): Renderer {
  return {
    title,
    tone,
    render: (value) => {
      const data = read(value);
      if (data === undefined) return undefined;
      const drawn = { line: show.line(data), detail: show.detail(data) };
      return show.label === undefined ? drawn : { ...drawn, label: show.label(data) };
    },
  };
}

/** Pairs of a name and a value, without the pairs that have no value. */
export function Facts({ of }: { readonly of: Readonly<Record<string, ReactNode>> }) {
  return (
    <dl className="facts">
      {Object.entries(of)
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name} className="fact-pair">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
