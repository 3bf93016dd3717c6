// Keys that act outside of fields, the list of them, and the settings of this browser. No key approves or deletes.
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { Button } from '../components/button.tsx';
import { Choice } from '../components/choice.tsx';
import { Checkbox } from '../components/field.tsx';
import { Panel } from '../components/panel.tsx';
import { keepLetters, keepTheme, readLetters, readTheme, type Theme } from './preferences.ts';

const GO_MS = 1_500;
const PLACES = { r: '/runs', a: '/artifacts', e: '/entities', k: '/keys' } as const;

const LIST: readonly (readonly [string, string])[] = [
  ['g then r, a, e or k', 'go to runs, artifacts, entities or keys'],
  ['j, k', 'next, previous row'],
  ['Enter', 'open the row'],
  ['Esc', 'close what is open'],
  ['/', 'to the filter'],
  ['?', 'this list'],
];

function inField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, [role=listbox], [role=dialog]') !== null)
  );
}

function moveRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at === -1 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
}

export function useKeys(): { readonly shown: boolean; setShown(shown: boolean): void } {
  const navigate = useNavigate();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    let going = 0;
    const mine = (event: KeyboardEvent): boolean => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || inField(event.target))
        return false;
      return event.key.length > 1 || readLetters();
    };
    // The letter after g is heard before a list that has another use for it.
    const go = (event: KeyboardEvent): void => {
      const place = Object.hasOwn(PLACES, event.key) ? PLACES[event.key as keyof typeof PLACES] : undefined;
      const waited = performance.now() < going;
      if (!mine(event) || !waited || place === undefined) return;
      going = 0;
      event.preventDefault();
      event.stopPropagation();
      void navigate({ to: place });
    };
    const press = (event: KeyboardEvent): void => {
      if (!mine(event)) return;
      if (event.key === 'g') going = performance.now() + GO_MS;
      else if (event.key === 'j' || event.key === 'k') moveRow(event.key === 'j' ? 1 : -1);
      else if (event.key === '?') setShown(true);
      else if (event.key === '/') document.querySelector<HTMLElement>('[data-filter] button, [data-filter]')?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', go, true);
    addEventListener('keydown', press);
    return () => {
      removeEventListener('keydown', go, true);
      removeEventListener('keydown', press);
    };
  }, [navigate]);
  return { shown, setShown };
}

const THEMES = [
  { id: 'system', name: 'As the system' },
  { id: 'light', name: 'Light' },
  { id: 'dark', name: 'Dark' },
] as const;

export function KeyList({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const [letters, setLetters] = useState(readLetters);
  const [theme, setTheme] = useState<Theme>(readTheme);
  const choose = (id: string): void => {
    const chosen = THEMES.find((one) => one.id === id)?.id ?? 'system';
    setTheme(chosen);
    keepTheme(chosen);
  };
  return (
    <Panel title="Settings and keys" isOpen={isOpen} onClose={onClose}>
      <Choice label="Colours" options={THEMES} value={theme} onChange={choose} />
      <Checkbox
        isSelected={letters}
        onChange={(on) => {
          setLetters(on);
          keepLetters(on);
        }}
      >
        Single letters act outside of fields
      </Checkbox>
      <dl className="facts">
        {LIST.map(([keys, what]) => (
          <div key={keys} className="fact-pair">
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div className="panel-actions">
        <Button onPress={onClose}>Close</Button>
      </div>
    </Panel>
  );
}
