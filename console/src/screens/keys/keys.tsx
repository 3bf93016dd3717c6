// The API keys of the tenant. The text of a key is seen once, in the dialog that made it.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useConsole, useMay } from '../../api/console.ts';
import { keysQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Loading } from '../../components/loading.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { CreateKey } from './create-key.tsx';
import { sortKeys } from './key-facts.ts';
import { type KeyAct, KeyTable } from './key-table.tsx';
import { RevokeKey } from './revoke-key.tsx';
import { RotateKey } from './rotate-key.tsx';

export function Keys() {
  const { api } = useConsole();
  const { open } = useSearch({ from: '/frame/keys' });
  const navigate = useNavigate();
  const keys = useInfiniteQuery(keysQuery(api));
  const mayCreate = useMay('keys:write');
  const [asked, setAsked] = useState<KeyAct>();
  const go = (creating: boolean): void =>
    void navigate({ to: '/keys', search: creating ? { open: 'create' } : {}, replace: true });
  const close = (): void => setAsked(undefined);
  return (
    <>
      <PageHead title="Keys">
        {mayCreate && (
          <Button kind="main" onPress={() => go(true)}>
            Create a key
          </Button>
        )}
      </PageHead>
      {keys.isPending && <Loading what="the keys" />}
      {keys.isError && <ProblemNote error={keys.error} retry={() => void keys.refetch()} />}
      {keys.data?.length === 0 && <EmptyNote>No key yet. Programs call the API with one.</EmptyNote>}
      {keys.data !== undefined && keys.data.length > 0 && (
        <KeyTable keys={sortKeys(keys.data, Date.now())} onAct={setAsked} />
      )}
      <More has={keys.hasNextPage} busy={keys.isFetchingNextPage} onMore={() => void keys.fetchNextPage()} />
      {mayCreate && open === 'create' && <CreateKey onClose={() => go(false)} />}
      {asked?.kind === 'rotate' && <RotateKey apiKey={asked.apiKey} onClose={close} />}
      {asked?.kind === 'revoke' && <RevokeKey apiKey={asked.apiKey} onClose={close} />}
    </>
  );
}
