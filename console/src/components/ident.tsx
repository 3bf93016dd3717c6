import { CopyButton } from './button.tsx';

/** The first 8 and the last 4 of an id. Ids of one minute share their beginning. */
export function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}

/** An id or digest: short to see, whole to copy. */
export function Ident({ id, what }: { readonly id: string; readonly what: string }) {
  return (
    <span className="row ident">
      <code title={id}>{shortId(id)}</code>
      <CopyButton text={id} label={what} />
    </span>
  );
}
