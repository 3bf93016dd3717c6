// What became of an effect that nobody knows the end of: a person looks where it would show, and says, with what was seen.
import type { Effect, ResolveEffect } from '@sallyport/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Form, Radio, RadioGroup } from 'react-aria-components';
import { useConsole } from '../../../api/console.ts';
import { Button } from '../../../components/button.tsx';
import { Field } from '../../../components/field.tsx';
import { InertLine } from '../../../components/inert.tsx';
import { ProblemNote } from '../../../components/notes.tsx';
import { Panel } from '../../../components/panel.tsx';
import { Facts } from '../../../events/renderer.tsx';

type Outcome = ResolveEffect['outcome'];

const CHOICES: readonly { readonly id: Outcome; readonly name: string }[] = [
  { id: 'happened', name: 'It happened' },
  { id: 'did_not_happen', name: 'It did not happen' },
  { id: 'unknown', name: 'Still unknown: the run goes on without it' },
];

export function ResolveEffectPanel({ effect, onClose }: { readonly effect: Effect; readonly onClose: () => void }) {
  const { api } = useConsole();
  const queries = useQueryClient();
  const [outcome, setOutcome] = useState<Outcome>();
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const settle = useMutation({
    mutationFn: (said: ResolveEffect) => api.runs.resolveEffect(effect.run_id, effect.key, said),
    onSuccess: async () => {
      for (const key of ['effects', 'run', 'runs']) await queries.invalidateQueries({ queryKey: [key] });
      onClose();
    },
  });
  const noteless = tried && note.trim() === '';
  return (
    <Panel title="What became of it?" isOpen onClose={onClose}>
      <p>
        The work stopped between the start of this effect and its end. Look where it would show, outside of this
        console, before you say.
      </p>
      <Facts
        of={{
          Tool: <InertLine text={effect.tool} most={80} />,
          Key: <code>{effect.key}</code>,
          'A repeat': effect.idempotent ? 'does nothing twice' : 'could happen twice',
        }}
      />
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (outcome !== undefined && note.trim() !== '') settle.mutate({ outcome, note: note.trim() });
        }}
      >
        <RadioGroup
          className="field"
          aria-label="What became of it"
          value={outcome ?? null}
          onChange={(id) => setOutcome(CHOICES.find((one) => one.id === id)?.id)}
        >
          {CHOICES.map(({ id, name }) => (
            <Radio key={id} value={id} className="radio">
              <span className="radio-mark" aria-hidden />
              {name}
            </Radio>
          ))}
        </RadioGroup>
        {tried && outcome === undefined && <p className="field-error">Choose one of the three.</p>}
        <Field
          label="Evidence"
          lines={2}
          maxLength={2_000}
          value={note}
          onChange={setNote}
          isInvalid={noteless}
          about={noteless ? 'Say what you looked at, and what it showed.' : 'What you looked at, and what it showed.'}
        />
        {settle.isError && <ProblemNote error={settle.error} />}
        <div className="panel-actions">
          <Button onPress={onClose}>Cancel</Button>
          <Button kind="main" type="submit" isDisabled={settle.isPending}>
            Settle it
          </Button>
        </div>
      </Form>
    </Panel>
  );
}
