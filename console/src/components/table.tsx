import type { ReactNode } from 'react';

export interface Column {
  readonly name: string;
  readonly number?: boolean;
  /** Spoken only: what the column holds is plain to see. */
  readonly quiet?: boolean;
}

/** A table in a frame that scrolls sideways by itself, so that the page never does. */
export function Table({
  label,
  columns,
  children,
}: {
  readonly label: string;
  readonly columns: readonly (string | Column)[];
  readonly children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keys
    <section className="table-frame" aria-label={label} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            {columns
              .map((column): Column => (typeof column === 'string' ? { name: column } : column))
              .map(({ name, number, quiet }) => (
                <th key={name} scope="col" className={number === true ? 'number' : undefined}>
                  {quiet === true ? <span className="hidden">{name}</span> : name}
                </th>
              ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}
