// The one page without a session: by the one-time link, or by an API key that is traded for a session and forgotten.
import { createClient, SallyportError } from '@sallyport/client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useRouteContext } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { Form } from 'react-aria-components';
import { useConsole } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Doors } from '../../components/doors.tsx';
import { Field } from '../../components/field.tsx';
import { Loading } from '../../components/loading.tsx';
import { ProblemNote, RefusalNote } from '../../components/notes.tsx';

function explain(error: unknown) {
  if (error instanceof SallyportError && error.code === 'not_found')
    return (
      <RefusalNote>
        This link was used already or is too old. Start the server again for a new one, or paste an API key.
      </RefusalNote>
    );
  if (error instanceof SallyportError && (error.code === 'unauthenticated' || error.code === 'invalid_option'))
    return <RefusalNote>This is no key that the server knows. Keys begin with sp_live_ or sp_test_.</RefusalNote>;
  return <ProblemNote error={error} />;
}

export function SignIn() {
  const { base, api } = useConsole();
  const context = useRouteContext({ from: '__root__' });
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [key, setKey] = useState('');
  const signIn = useMutation({
    mutationFn: async (by: { readonly token: string } | { readonly key: string }) => {
      if ('token' in by) await api.session.open(by.token);
      else await createClient({ baseUrl: new URL(base, location.origin), apiKey: by.key }).session.open();
    },
    onSuccess: async () => {
      setKey('');
      queries.clear();
      await navigate({ to: '/runs', replace: true });
    },
  });
  const tried = useRef(false);
  useEffect(() => {
    const { token } = context;
    if (token === undefined || tried.current) return;
    tried.current = true;
    context.token = undefined;
    signIn.mutate({ token });
  }, [context, signIn]);
  useEffect(() => {
    document.title = 'Sign in · Sallyport';
  }, []);
  return (
    <main className="sign-in">
      <div className="row">
        <Doors />
        <strong>Sallyport</strong>
      </div>
      <h1>Sign in</h1>
      {signIn.isPending && <Loading what="your session" />}
      {signIn.isError && explain(signIn.error)}
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() !== '') signIn.mutate({ key: key.trim() });
        }}
      >
        <Field
          label="API key"
          type="password"
          mono
          autoComplete="off"
          value={key}
          onChange={setKey}
          about="It is traded for a session of this browser and not kept. The first key of a server is in the file first-key of its data folder."
        />
        <div>
          <Button kind="main" type="submit" isDisabled={signIn.isPending}>
            Sign in
          </Button>
        </div>
      </Form>
    </main>
  );
}
