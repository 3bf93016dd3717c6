// What stands where a list would: nothing yet, nothing left by a filter, or a problem with its code and request id.
import { SallyportError } from '@sallyport/client';
import type { ReactNode } from 'react';
import { Button, CopyButton } from './button.tsx';

export function EmptyNote({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="note">
      <p>{children}</p>
      {action}
    </div>
  );
}

/** A refusal that needs no code: what is wrong, and what to do. */
export function RefusalNote({ children }: { readonly children: ReactNode }) {
  return (
    <div className="note" data-kind="problem" role="alert">
      <p>{children}</p>
    </div>
  );
}

export function ProblemNote({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const known = error instanceof SallyportError ? error : undefined;
  return (
    <div className="note" data-kind="problem" role="alert">
      <p>{known?.title ?? 'Something went wrong in this page.'}</p>
      {known?.errors.map(({ path, message }) => (
        <p key={`${path} ${message}`} className="small">
          <code>{path}</code> {message}
        </p>
      ))}
      <div className="row small">
        <code>{known?.code ?? 'page_fault'}</code>
        {known?.requestId !== undefined && (
          <>
            <span>
              request <code>{known.requestId}</code>
            </span>
            <CopyButton text={known.requestId} label="request id" />
          </>
        )}
        {retry !== undefined && <Button onPress={retry}>Try again</Button>}
      </div>
    </div>
  );
}
