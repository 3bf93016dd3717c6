// A one-time way in for a person. It is made when it is asked for, shown in this dialog alone, and works once.
import type { SignInLink, User } from '@sallyport/contracts';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../api/console.ts';
import { Button, CopyButton } from '../../components/button.tsx';
import { InertLine } from '../../components/inert.tsx';
import { Moment } from '../../components/moment.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';

export function SignInLinkPanel({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { api, base } = useConsole();
  const [link, setLink] = useState<SignInLink>();
  const make = useMutation({
    mutationFn: () => api.users.createSignInLink(user.id),
    onSuccess: setLink,
    // The answer lets a person in: it must not outlive the dialog in the cache.
    gcTime: 0,
  });
  const url = link === undefined ? '' : new URL(`${base}sign-in#${link.token}`, location.origin).href;
  return (
    <Panel title="Sign-in link" isOpen onClose={onClose} closable={link === undefined}>
      {link === undefined ? (
        <p>
          Whoever opens the link first is <InertLine text={user.name} /> in the console. Hand it over by a way that you
          trust; it is shown this once.
        </p>
      ) : (
        <>
          <div className="row secret">
            <code>{url}</code>
            <CopyButton text={url} label="the link" />
          </div>
          <p>
            It works once, and ends <Moment time={link.expires_at} />.
          </p>
        </>
      )}
      {make.isError && <ProblemNote error={make.error} />}
      <div className="panel-actions">
        {link === undefined ? (
          <>
            <Button onPress={onClose}>Not now</Button>
            <Button kind="main" isDisabled={make.isPending} onPress={() => make.mutate()}>
              Make the link
            </Button>
          </>
        ) : (
          <Button kind="main" onPress={onClose}>
            Done
          </Button>
        )}
      </div>
    </Panel>
  );
}
