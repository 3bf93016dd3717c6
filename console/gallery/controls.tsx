import { useState } from 'react';
import { Button, CopyButton } from '../src/components/button.tsx';
import { Choice } from '../src/components/choice.tsx';
import { Checkbox, Field } from '../src/components/field.tsx';
import { Panel } from '../src/components/panel.tsx';
import { Exhibit } from './exhibit.tsx';

const OPTIONS = [
  { id: 'a', name: 'The first' },
  { id: 'b', name: 'The second' },
];

function Fields() {
  const [text, setText] = useState('');
  const [choice, setChoice] = useState('a');
  const [on, setOn] = useState(true);
  return (
    <>
      <Exhibit name="Field">
        <Field label="Plain" value={text} onChange={setText} about="What it is for." />
        <Field label="Wrong" value={text} onChange={setText} isInvalid about="What is wrong with it." />
        <Field label="Lines" value={text} onChange={setText} lines={3} mono placeholder="https://example.com/" />
      </Exhibit>
      <Exhibit name="Choice">
        <Choice label="One of two" options={OPTIONS} value={choice} onChange={setChoice} about="Either." />
        <Choice label="Spoken only" quiet options={OPTIONS} value={choice} onChange={setChoice} />
      </Exhibit>
      <Exhibit name="Checkbox">
        <Checkbox isSelected={on} onChange={setOn}>
          On
        </Checkbox>
        <Checkbox isSelected={!on} onChange={(off) => setOn(!off)}>
          Off
        </Checkbox>
      </Exhibit>
    </>
  );
}

export function Controls() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Exhibit name="Button">
        {(['plain', 'main', 'quiet', 'danger'] as const).map((kind) => (
          <Button key={kind} kind={kind}>
            {kind}
          </Button>
        ))}
        <Button isDisabled>disabled</Button>
        <CopyButton text="text" label="the text" />
      </Exhibit>
      <Fields />
      <Exhibit name="Dialog">
        <Button onPress={() => setOpen(true)}>Open the dialog</Button>
        <Panel title="A dialog" isOpen={open} onClose={() => setOpen(false)}>
          <p>It holds the focus until it is closed.</p>
          <div className="panel-actions">
            <Button onPress={() => setOpen(false)}>Close</Button>
          </div>
        </Panel>
      </Exhibit>
    </>
  );
}
