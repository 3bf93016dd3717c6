import type { ReactNode } from 'react';

/** One part, by name, in its states. */
export function Exhibit({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <section aria-label={name} className="stack">
      <h2>{name}</h2>
      <div className="row">{children}</div>
    </section>
  );
}
