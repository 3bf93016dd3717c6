// Name and role of a user, and whether the user may come in at all. It counts from the next request on.
import type { Role, User } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useConsole, useSession } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { Checkbox, Field } from '../../components/field.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { rolesToGive } from './roles.ts';

export function ChangeUser({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { api } = useConsole();
  const { session } = useSession();
  const queries = useQueryClient();
  const roles = rolesToGive(session.role);
  const [name, setName] = useState(user.name);
  const [role, setRole] = useState<Role>(user.role);
  const [active, setActive] = useState(user.state === 'active');
  const own = user.id === session.user_id;
  const change = useMutation({
    mutationFn: () =>
      api.users.update(user.id, {
        ...(name.trim() === user.name ? {} : { name: name.trim() }),
        ...(role === user.role ? {} : { role }),
        ...(active === (user.state === 'active') ? {} : { state: active ? 'active' : 'disabled' }),
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['users'] });
      onClose();
    },
  });
  const nameless = name.trim() === '';
  return (
    <Panel title="Change the user" isOpen onClose={onClose}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!nameless) change.mutate();
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
          onChange={(id) => setRole(roles.find((one) => one.id === id)?.id ?? user.role)}
          {...(own ? { about: 'This is you: a lesser role may not be taken back by yourself.' } : {})}
        />
        {!own && (
          <Checkbox isSelected={active} onChange={setActive}>
            May come in. Without it, keys and sessions of this user are refused from the next request on.
          </Checkbox>
        )}
        {change.isError && <ProblemNote error={change.error} />}
        <div className="panel-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind={active ? 'main' : 'danger'} type="submit" isDisabled={change.isPending}>
            Save
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
