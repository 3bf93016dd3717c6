// Makes a key, with no more than the maker holds.
import type { CreatedApiKey, Scope } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form } from 'react-aria-components';
import { useConsole, useSession } from '../../api/console.ts';
import { Button } from '../../components/button.tsx';
import { Choice } from '../../components/choice.tsx';
import { Checkbox, Field } from '../../components/field.tsx';
import { ProblemNote } from '../../components/notes.tsx';
import { Panel } from '../../components/panel.tsx';
import { KeySecret } from './key-secret.tsx';
import { SCOPES } from './scopes.ts';

const DAY = 86_400;
const LIVES = [
  { id: '1', name: '1 day' },
  { id: '30', name: '30 days' },
  { id: '90', name: '90 days' },
  { id: '365', name: '1 year' },
];

export function CreateKey({ onClose }: { readonly onClose: () => void }) {
  const queries = useQueryClient();
  const [made, setMade] = useState<CreatedApiKey>();
  const done = (): void => {
    void queries.invalidateQueries({ queryKey: ['keys'] });
    onClose();
  };
  return (
    <Panel
      title={made === undefined ? 'Create a key' : 'Store this key now'}
      isOpen
      closable={made === undefined}
      onClose={onClose}
    >
      {made === undefined ? <KeyForm onMade={setMade} onClose={onClose} /> : <KeySecret made={made} onDone={done} />}
    </Panel>
  );
}

function KeyForm({ onMade, onClose }: { readonly onMade: (key: CreatedApiKey) => void; readonly onClose: () => void }) {
  const { api } = useConsole();
  const { session } = useSession();
  const held = (Object.keys(SCOPES) as Scope[]).filter((scope) => session.scopes.includes(scope));
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [scopes, setScopes] = useState<readonly Scope[]>(held.filter((scope) => !scope.startsWith('keys:')));
  const [tried, setTried] = useState(false);
  const create = useMutation({
    mutationFn: () => api.keys.create({ name: name.trim(), scopes: [...scopes], expires_in: Number(days) * DAY }),
    onSuccess: onMade,
    // The answer holds the key: it must not outlive the dialog in the cache.
    gcTime: 0,
  });
  const nameless = tried && name.trim() === '';
  return (
    <Form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (name.trim() !== '' && scopes.length > 0) create.mutate();
      }}
    >
      <Field
        label="Name"
        value={name}
        onChange={setName}
        isInvalid={nameless}
        about={nameless ? 'Name what will use the key.' : 'What will use the key, such as ci-runner.'}
      />
      <fieldset>
        <legend className="field-label">Scopes</legend>
        {held.map((scope) => (
          <Checkbox
            key={scope}
            isSelected={scopes.includes(scope)}
            onChange={(on) => setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope))}
          >
            {SCOPES[scope]} <code className="muted">{scope}</code>
          </Checkbox>
        ))}
        {tried && scopes.length === 0 && <p className="field-error">A key without a scope can do nothing.</p>}
      </fieldset>
      <Choice label="Expires after" options={LIVES} value={days} onChange={setDays} />
      {create.isError && <ProblemNote error={create.error} />}
      <div className="panel-actions">
        <Button onPress={onClose}>Cancel</Button>
        <Button kind="main" type="submit" isDisabled={create.isPending}>
          Create
        </Button>
      </div>
    </Form>
  );
}
