// Makes the successor of a key. Both work during the overlap; the old one then ends by itself.
import type { ApiKey, CreatedApiKey } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { Countdown } from '../../components/countdown.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Moment } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { KeySecret } from './key-secret.tsx';

const OVERLAPS = [
  { id: '0', name: 'None: the old key stops at once' },
  { id: '3600', name: '1 hour' },
  { id: '86400', name: '1 day' },
  { id: '604800', name: '7 days' },
  { id: '2592000', name: '30 days' },
];

export function RotateKey({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState('86400');
  const [made, setMade] = useState<{ readonly key: CreatedApiKey; readonly ends: number }>();
  const rotate = useMutation({
    mutationFn: async () => {
      const key = await api.keys.rotate(apiKey.id, { overlap_seconds: Number(overlap) });
      const old = await api.keys.get(apiKey.id).catch(() => undefined);
      return { key, ends: old === undefined ? Date.now() + Number(overlap) * 1_000 : Date.parse(old.expires_at) };
    },
    onSuccess: (both) => setMade(both),
    // The answer holds the key: it must not outlive the dialog in the cache.
    gcTime: 0,
  });
  const done = (): void => {
    void queries.invalidateQueries({ queryKey: ['keys'] });
    onClose();
  };
  if (made !== undefined)
    return (
      <Panel title="Store the new key now" isOpen closable={false} onClose={onClose}>
        <KeySecret made={made.key} onDone={done}>
          <OldKey apiKey={apiKey} ends={made.ends} atOnce={overlap === '0'} />
        </KeySecret>
      </Panel>
    );
  return (
    <Panel title="Rotate this key?" isOpen onClose={onClose}>
      <p>
        <InertLine text={apiKey.name} /> gets a successor of the same name and scopes, shown once. Until the overlap is
        over both work, so that nothing need stop.
      </p>
      <Choice label="Overlap" options={OVERLAPS} value={overlap} onChange={setOverlap} />
      {rotate.isError && <ProblemNote error={rotate.error} />}
      <div className="panel-actions">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="main" isDisabled={rotate.isPending} onPress={() => rotate.mutate()}>
          Rotate
        </Button>
      </div>
    </Panel>
  );
}

function OldKey({
  apiKey,
  ends,
  atOnce,
}: {
  readonly apiKey: ApiKey;
  readonly ends: number;
  readonly atOnce: boolean;
}) {
  return (
    <p className="old-key">
      The old key, …{apiKey.last4},{' '}
      {atOnce ? (
        'has stopped.'
      ) : (
        <>
          stops in <Countdown to={ends} />.
        </>
      )}{' '}
      {apiKey.last_used_at === null ? (
        'It was never used.'
      ) : (
        <>
          It was last used <Moment time={apiKey.last_used_at} />.
        </>
      )}
    </p>
  );
}
