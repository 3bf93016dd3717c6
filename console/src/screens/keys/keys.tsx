// The API keys of the tenant. The text of a key is seen once, in the dialog that made it.
import type { ApiKey } from '@sallyport/contracts';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole, useMay } from '../../api/console.ts';
import { keysQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { CreateKey } from './create-key.tsx';
import { SCOPES } from './scopes.ts';

function scopesOf({ scopes }: ApiKey): string {
  if (Object.keys(SCOPES).every((scope) => scopes.includes(scope))) return 'all';
  const [first = 'none', ...others] = scopes;
  return others.length === 0 ? first : `${first} +${others.length}`;
}

function State({ apiKey }: { readonly apiKey: ApiKey }) {
  if (apiKey.status === 'revoked') return <>Revoked</>;
  if (Date.parse(apiKey.expires_at) <= Date.now()) return <>Expired</>;
  if (apiKey.status === 'active') return <>Active</>;
  return <InertLine text={apiKey.status} most={40} />;
}

function KeyTable({ keys, onRevoke }: { readonly keys: readonly ApiKey[]; readonly onRevoke: (key: ApiKey) => void }) {
  const mayRevoke = useMay('keys:write');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keys
    <section className="table-frame" aria-label="Keys" tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Key</th>
            <th scope="col">Scopes</th>
            <th scope="col">Last used</th>
            <th scope="col">Expires</th>
            <th scope="col">State</th>
            <th scope="col">
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id}>
              <td>
                <InertLine text={key.name} most={60} />
              </td>
              <td className="fact">
                <code>
                  sp_{key.env}_…{key.last4}
                </code>
              </td>
              <td className="fact" title={key.scopes.join(', ')}>
                {scopesOf(key)}
              </td>
              <td className="fact">{key.last_used_at === null ? 'never' : <Moment time={key.last_used_at} />}</td>
              <td className="fact">
                <Moment time={key.expires_at} />
              </td>
              <td className="fact">
                <State apiKey={key} />
              </td>
              <td className="number">
                {mayRevoke && key.status !== 'revoked' && (
                  <Button kind="quiet" aria-label={`Revoke ${key.name}`} onPress={() => onRevoke(key)}>
                    Revoke
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RevokeKey({ apiKey, onClose }: { readonly apiKey: ApiKey; readonly onClose: () => void }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api.keys.revoke(apiKey.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['keys'] });
      onClose();
    },
  });
  return (
    <Panel title="Revoke this key?" isOpen onClose={onClose}>
      <p>
        <InertLine text={apiKey.name} /> stops working at once and for ever. Whatever uses it is refused from then on;
        sessions that were made from it end.
      </p>
      {revoke.isError && <ProblemNote error={revoke.error} />}
      <div className="panel-actions">
        <Button onPress={onClose}>Keep it</Button>
        <Button kind="danger" isDisabled={revoke.isPending} onPress={() => revoke.mutate()}>
          Revoke
        </Button>
      </div>
    </Panel>
  );
}

export function Keys() {
  const { api } = useConsole();
  const keys = useInfiniteQuery(keysQuery(api));
  const mayCreate = useMay('keys:write');
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  return (
    <>
      <PageHead title="Keys">
        {mayCreate && (
          <Button kind="main" onPress={() => setCreating(true)}>
            Create a key
          </Button>
        )}
      </PageHead>
      {keys.isPending && <Loading what="the keys" />}
      {keys.isError && <ProblemNote error={keys.error} retry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <EmptyNote>No key yet. Programs call the API with one.</EmptyNote>}
      {keys.data !== undefined && keys.data.length > 0 && <KeyTable keys={keys.data} onRevoke={setRevoking} />}
      <More has={keys.hasNextPage} busy={keys.isFetchingNextPage} onMore={() => void keys.fetchNextPage()} />
      {creating && <CreateKey onClose={() => setCreating(false)} />}
      {revoking !== undefined && <RevokeKey apiKey={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}
