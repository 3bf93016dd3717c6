// The text of a key, this once: in this dialog alone, not in the address, not in the cache of answers, gone when the dialog closes.
import type { CreatedApiKey } from '@sallyport/contracts';
import { type ReactNode, useState } from 'react';
import { Button, CopyButton } from '../../components/button.tsx';
import { Checkbox } from '../../components/field.tsx';

export function KeySecret({
  made,
  children,
  onDone,
}: {
  readonly made: CreatedApiKey;
  readonly children?: ReactNode;
  readonly onDone: () => void;
}) {
  const [stored, setStored] = useState(false);
  const [asked, setAsked] = useState(false);
  return (
    <>
      <p>This is the only time that the key is shown.</p>
      <div className="row secret">
        <code>{made.api_key}</code>
        <CopyButton text={made.api_key} label="the key" />
      </div>
      <p className="small muted">With the key in the environment variable SALLYPORT_API_KEY:</p>
      <code className="secret">curl -H "Authorization: Bearer $SALLYPORT_API_KEY" {location.origin}/v1/me</code>
      {children}
      <Checkbox isSelected={stored} onChange={setStored}>
        I have stored it
      </Checkbox>
      {asked && !stored && <p role="alert">Say that you have stored the key: it cannot be shown again.</p>}
      <div className="panel-actions">
        <Button kind="main" onPress={() => (stored ? onDone() : setAsked(true))}>
          Done
        </Button>
      </div>
    </>
  );
}
