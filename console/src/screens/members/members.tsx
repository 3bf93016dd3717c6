// Who belongs to the tenant, with which role, and how each comes in.
import type { User } from '@sallyport/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole, useMay, useSession } from '../../api/console.ts';
import { usersQuery } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Loading } from '../../components/loading.tsx';
import { Moment } from '../../components/moment.tsx';
import { More } from '../../components/more.tsx';
import { EmptyNote, ProblemNote } from '../../components/notes.tsx';
import { Table } from '../../components/table.tsx';
import { PageHead } from '../../frame/page-head.tsx';
import { AddUser } from './add-user.tsx';
import { ChangeUser } from './change-user.tsx';
import { mayActOn, roleWord } from './roles.ts';
import { SignInLinkPanel } from './sign-in-link.tsx';

interface Asked {
  readonly kind: 'change' | 'link';
  readonly user: User;
}

const COLUMNS = [
  'Name',
  'Role',
  'State',
  'Signs in by',
  { name: 'Since', number: true },
  { name: 'Actions', quiet: true },
];

function UserRow({ user, onAsk }: { readonly user: User; readonly onAsk: (asked: Asked) => void }) {
  const { session } = useSession();
  const mayWrite = useMay('users:write') && mayActOn(session.role, user.role);
  const issuers = user.identities.length;
  return (
    <tr data-id={user.id} data-ended={user.state === 'disabled'}>
      <td>
        <InertLine text={user.name} most={80} />
        {user.id === session.user_id && <span className="muted"> (you)</span>}
      </td>
      <td className="fact">{roleWord(user.role)}</td>
      <td className="fact">{user.state === 'active' ? 'Active' : 'Disabled'}</td>
      <td className="fact">
        {issuers === 0 ? 'link or key' : `link, key or ${issuers === 1 ? '1 identity' : `${issuers} identities`}`}
      </td>
      <td className="number">
        <Moment time={user.created_at} />
      </td>
      <td className="number">
        {mayWrite && (
          <span className="key-acts">
            {user.state === 'active' && (
              <Button
                kind="quiet"
                aria-label={`Make a sign-in link for ${user.name}`}
                onPress={() => onAsk({ kind: 'link', user })}
              >
                Sign-in link
              </Button>
            )}
            <Button kind="quiet" aria-label={`Change ${user.name}`} onPress={() => onAsk({ kind: 'change', user })}>
              Change
            </Button>
          </span>
        )}
      </td>
    </tr>
  );
}

export function Members() {
  const { api } = useConsole();
  const users = useInfiniteQuery(usersQuery(api));
  const mayWrite = useMay('users:write');
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const close = (): void => setAsked(undefined);
  return (
    <>
      <PageHead title="Members">
        {mayWrite && (
          <Button kind="main" onPress={() => setAdding(true)}>
            Add a user
          </Button>
        )}
      </PageHead>
      {users.isPending && <Loading what="the members" />}
      {users.isError && <ProblemNote error={users.error} retry={() => void users.refetch()} />}
      {users.data?.length === 0 && <EmptyNote>No member that you may see.</EmptyNote>}
      {users.data !== undefined && users.data.length > 0 && (
        <Table label="Members" columns={COLUMNS}>
          {users.data.map((user) => (
            <UserRow key={user.id} user={user} onAsk={setAsked} />
          ))}
        </Table>
      )}
      <More has={users.hasNextPage} busy={users.isFetchingNextPage} onMore={() => void users.fetchNextPage()} />
      {adding && (
        <AddUser
          onClose={() => setAdding(false)}
          onMade={(user) => {
            setAdding(false);
            setAsked({ kind: 'link', user });
          }}
        />
      )}
      {asked?.kind === 'change' && <ChangeUser user={asked.user} onClose={close} />}
      {asked?.kind === 'link' && <SignInLinkPanel user={asked.user} onClose={close} />}
    </>
  );
}
