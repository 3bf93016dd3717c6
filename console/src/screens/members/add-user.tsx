import type { Role, User } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useConsole, useSession } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { Field } from '../../components/field.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { rolesToGive } from './roles.ts';

export function AddUser({ onMade, onClose }: { readonly onMade: (user: User) => void; readonly onClose: () => void }) {
  const { api } = useConsole();
  const { session } = useSession();
  const queries = useQueryClient();
  const roles = rolesToGive(session.role);
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [tried, setTried] = useState(false);
  const create = useMutation({
    mutationFn: () => api.users.create({ name: name.trim(), role }),
    onSuccess: (user) => {
      void queries.invalidateQueries({ queryKey: ['users'] });
      onMade(user);
    },
  });
  const nameless = tried && name.trim() === '';
  return (
    <Panel title="Add a user" isOpen onClose={onClose}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (name.trim() !== '') create.mutate();
        }}
      >
        <Field
          label="Name"
          value={name}
          onChange={setName}
          maxLength={200}
          isInvalid={nameless}
          {...(nameless ? { about: 'Say who it is.' } : {})}
        />
        <Choice
          label="Role"
          options={roles}
          value={role}
          onChange={(id) => setRole(roles.find((one) => one.id === id)?.id ?? 'viewer')}
        />
        <p className="small muted">A one-time link to sign in by comes next.</p>
        {create.isError && <ProblemNote error={create.error} />}
        <div className="panel-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="main" type="submit" isDisabled={create.isPending}>
            Add
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
