// The list of keys, and the settings of this browser.
import { useState } from 'react';
import { Button } from '../components/button.tsx';
import { Choice } from '../components/choice.tsx';
import { Checkbox } from '../components/field.tsx';
import { Panel } from '../components/panel.tsx';
import type { PageEntry } from './pages.ts';
import { keepLetters, keepRoomy, keepTheme, readLetters, readRoomy, readTheme, type Theme } from './preferences.ts';

const LIST: readonly (readonly [readonly string[], string])[] = [
  [['Ctrl K', '⌘ K'], 'search and commands'],
  [['j', 'k'], 'next, previous row'],
  [['Enter'], 'open the row'],
  [['Space'], 'peek at a run without leaving the list'],
  [['Esc'], 'close what is open, then back to the list'],
  [['[', ']'], 'the newer, the older run'],
  [['/'], 'to the filter'],
  [['e', 'w'], 'expand all, fold all'],
  [['c'], 'copy the id of the row, or of the page'],
  [['?'], 'this list'],
];

const THEMES = [
  { id: 'system', name: 'As the system' },
  { id: 'light', name: 'Light' },
  { id: 'dark', name: 'Dark' },
] as const;

function KeyRow({ keys, what }: { readonly keys: readonly string[]; readonly what: string }) {
  return (
    <div className="fact-pair">
      <dt>
        {keys.map((key, at) => (
          <span key={key}>
            {at > 0 && <span className="muted">, </span>}
            <kbd>{key}</kbd>
          </span>
        ))}
      </dt>
      <dd>{what}</dd>
    </div>
  );
}

function Settings() {
  const [letters, setLetters] = useState(readLetters);
  const [roomy, setRoomy] = useState(readRoomy);
  const [theme, setTheme] = useState<Theme>(readTheme);
  const choose = (id: string): void => {
    const chosen = THEMES.find((one) => one.id === id)?.id ?? 'system';
    setTheme(chosen);
    keepTheme(chosen);
  };
  return (
    <>
      <Choice label="Colours" options={THEMES} value={theme} onChange={choose} />
      <div>
        <Checkbox
          isSelected={roomy}
          onChange={(on) => {
            setRoomy(on);
            keepRoomy(on);
          }}
        >
          Comfortable rows
        </Checkbox>
        <Checkbox
          isSelected={letters}
          onChange={(on) => {
            setLetters(on);
            keepLetters(on);
          }}
        >
          Single letters act outside of fields
        </Checkbox>
      </div>
    </>
  );
}

export default function KeyList({
  pages,
  onClose,
}: {
  readonly pages: readonly PageEntry[];
  readonly onClose: () => void;
}) {
  return (
    <Panel title="Settings and keys" isOpen onClose={onClose}>
      <Settings />
      <h3>Keys</h3>
      <dl className="facts key-facts">
        {LIST.map(([keys, what]) => (
          <KeyRow key={what} keys={keys} what={what} />
        ))}
        {pages.map(({ letter, name }) => (
          <KeyRow key={letter} keys={[`g ${letter}`]} what={`go to ${name}`} />
        ))}
      </dl>
      <div className="panel-actions">
        <Button onPress={onClose}>Close</Button>
      </div>
    </Panel>
  );
}
