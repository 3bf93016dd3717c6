import { type ReactNode, useEffect } from 'react';

/** The head of a screen: its one `h1`, which is also the title of the window, and what can be done. */
export function PageHead({
  title,
  window: name = title,
  children,
}: {
  readonly title: string;
  readonly window?: string;
  readonly children?: ReactNode;
}) {
  useEffect(() => {
    document.title = `${name} · Sallyport`;
  }, [name]);
  return (
    <div className="page-head">
      <h1>{title}</h1>
      {children !== undefined && <div className="row">{children}</div>}
    </div>
  );
}
