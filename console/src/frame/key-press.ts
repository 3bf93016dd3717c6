// When a key is ours: outside of fields and dialogs, without a modifier, and a single letter only where the person left letters on.
import { useEffect, useRef } from 'react';
import { readLetters } from './preferences.ts';

const FIELDS = 'input, textarea, select, [role=listbox], [role=menu], [role=dialog], [role=alertdialog]';

export function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest(FIELDS) !== null);
}

export function isOurs(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || inField(event.target)) return false;
  return event.key.length > 1 || event.key === ' ' || readLetters();
}

export type KeyActs = Readonly<Record<string, (event: KeyboardEvent) => boolean | undefined>>;

/** Keys of the screen that is shown. An act that answers false leaves the key to whoever else wants it. */
export function useScreenKeys(acts: KeyActs): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      const act = Object.hasOwn(latest.current, event.key) ? latest.current[event.key] : undefined;
      if (act === undefined || !isOurs(event) || act(event) === false) return;
      event.preventDefault();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}
