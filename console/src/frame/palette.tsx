// Search and commands: one field over one list, by keys alone or by the mouse.
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { useConsole, useMay, useSession } from '../api/console.ts';
import { foundRunsQuery } from '../api/queries.ts';
import { InertLine } from '../components/inert.tsx';
import { Panel } from '../components/panel.tsx';
import { LEAST_TEXT, type PaletteAct, paletteItems } from './palette-items.ts';

const REST_MS = 200;

/** What was typed, once the hand rests: the server is not asked for every letter. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

export default function Palette({ onAct, onClose }: { onAct(act: PaletteAct): void; onClose(): void }) {
  const { api } = useConsole();
  const { session } = useSession();
  const mayRead = useMay('runs:read');
  const id = useId();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const text = useRested(typed.trim());
  const asks = mayRead && text.length >= LEAST_TEXT && text === typed.trim();
  const { data: runs = [], isFetching } = useQuery({ ...foundRunsQuery(api, text), enabled: asks });
  const items = paletteItems(typed, session, asks ? runs : []);
  const chosen = Math.min(at, items.length - 1);
  const act = (index: number): void => {
    const item = items[index];
    if (item === undefined) return;
    onClose();
    onAct(item.act);
  };
  const press = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = { ArrowDown: chosen + 1, ArrowUp: chosen - 1 };
    const to = steps[event.key];
    if (to !== undefined) setAt((to + items.length) % Math.max(1, items.length));
    else if (event.key === 'Enter') act(chosen);
    else return;
    event.preventDefault();
  };
  useEffect(() => {
    document.getElementById(`${id}-${chosen}`)?.scrollIntoView({ block: 'nearest' });
  }, [id, chosen]);
  const saying = asks && isFetching ? 'Searching the runs' : `${items.length} found`;
  return (
    <Panel title="Search and commands" isOpen onClose={onClose}>
      <div className="palette">
        <input
          className="input"
          role="combobox"
          aria-label="Search runs, pages and commands"
          aria-expanded
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen < 0 ? undefined : `${id}-${chosen}`}
          aria-autocomplete="list"
          placeholder="A page, a command, or a part of the id of a run"
          autoComplete="off"
          spellCheck={false}
          maxLength={100}
          // biome-ignore lint/a11y/noAutofocus: the dialog is this field
          autoFocus
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={press}
        />
        <div className="palette-list" role="listbox" id={`${id}-list`} aria-label="Found">
          {items.map((item, index) => (
            <div key={`${item.group} ${item.name}`} role="presentation">
              {items[index - 1]?.group !== item.group && (
                <div className="palette-group" role="presentation">
                  {item.group}
                </div>
              )}
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: the field holds the focus and hears the keys */}
              <div
                id={`${id}-${index}`}
                className="palette-option"
                role="option"
                tabIndex={-1}
                aria-selected={index === chosen}
                onClick={() => act(index)}
              >
                <span>{item.name}</span>
                <span className="small muted">
                  <InertLine text={item.hint} most={60} />
                </span>
              </div>
            </div>
          ))}
        </div>
        <p className={items.length === 0 ? 'muted' : 'hidden'} role="status">
          {items.length === 0 && !isFetching
            ? 'Nothing of that name. Texts of tasks are sealed and not searched.'
            : saying}
        </p>
      </div>
    </Panel>
  );
}
