// Stops a key for ever. Ending an overlap early is the same act, on a key that something may still use.
import type { ApiKey } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useConsole } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Moment } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { isInUse } from './key-facts.ts';

export function RevokeKey({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.keys.revoke(apiKey.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['keys'] });
      onClose();
    },
  });
  const overlap = apiKey.status === 'rotating';
  const inUse = isInUse(apiKey, Date.now());
  const act = overlap ? 'End the overlap' : 'Revoke';
  return (
    <Panel title={overlap ? 'End the overlap now?' : 'Revoke this key?'} isOpen onClose={onClose}>
      <p>
        <InertLine text={apiKey.name} />, …{apiKey.last4}, stops working at once and for ever. Whatever uses it is
        refused from then on; sessions that were made from it end.
        {overlap && ' Its successor goes on.'}
      </p>
      {inUse && apiKey.last_used_at !== null && (
        <p className="note" data-kind="warning" role="alert">
          <span>
            It was used <Moment time={apiKey.last_used_at} />: something still holds it and will fail.
          </span>
        </p>
      )}
      {revoke.isError && <ProblemNote error={revoke.error} />}
      <div className="panel-actions">
        <Button onPress={onClose}>Keep it</Button>
        <Button kind="danger" isDisabled={revoke.isPending} onPress={() => revoke.mutate()}>
          {inUse ? `${act} anyway` : act}
        </Button>
      </div>
    </Panel>
  );
}
