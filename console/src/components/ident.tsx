import { CopyButton } from './button.tsx';
import { shortId } from './short-id.ts';

/** An id or digest: short to see, whole to copy. */
export function Ident({ id, what }: { readonly id: string; readonly what: string }) {
  return (
    <span className="row ident">
      <code title={id}>{shortId(id)}</code>
      <CopyButton text={id} label={what} />
    </span>
  );
}
