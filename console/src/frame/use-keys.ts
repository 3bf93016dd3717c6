// Keys of the whole console. No key approves, revokes or deletes.
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { shortId } from '../components/short-id.ts';
import { isOurs, useScreenKeys } from './key-press.ts';
import { type PageEntry, pagesFor } from './pages.ts';

const GO_MS = 1_500;
const SAID_MS = 2_500;

export interface Keys {
  readonly listed: boolean;
  setListed(shown: boolean): void;
  readonly palette: boolean;
  setPalette(shown: boolean): void;
  /** What a key has just done that cannot be seen otherwise. */
  readonly said: string | undefined;
}

function moveRow(by: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('#page [data-row]')];
  const focused = document.activeElement;
  const at = rows.findIndex((row) => row === focused || row.closest('tr, li')?.contains(focused) === true);
  rows[at === -1 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))]?.focus();
  return rows.length > 0;
}

function foldAll(open: boolean): boolean {
  const all = document.querySelectorAll<HTMLDetailsElement>('#page details');
  for (const one of all) one.open = open;
  return all.length > 0;
}

/** The id of the row in focus, otherwise of the thing that the page is about. */
function idInView(): string | undefined {
  const row = document.activeElement?.closest<HTMLElement>('[data-id]');
  return (row ?? document.querySelector<HTMLElement>('#page [data-id]'))?.dataset.id;
}

/** After `g`, the letter of a page. Heard before a list that has another use for the letter. */
function useGo(pages: readonly PageEntry[]): void {
  const navigate = useNavigate();
  useEffect(() => {
    let until = 0;
    const press = (event: KeyboardEvent): void => {
      if (!isOurs(event)) return;
      const page = pages.find(({ letter }) => letter === event.key);
      const waited = performance.now() < until;
      until = event.key === 'g' ? performance.now() + GO_MS : 0;
      if (event.key !== 'g' && (!waited || page === undefined)) return;
      event.preventDefault();
      event.stopPropagation();
      if (page !== undefined && waited) void navigate({ to: page.to });
    };
    addEventListener('keydown', press, true);
    return () => removeEventListener('keydown', press, true);
  }, [navigate, pages]);
}

/** Control and K, or Command and K: heard in fields too, not below a dialog. */
function usePaletteKey(open: () => void): void {
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      if (document.querySelector('[role=dialog]') === null) latest.current();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, []);
}

export function useKeys(scopes: readonly string[]): Keys {
  const [listed, setListed] = useState(false);
  const [palette, setPalette] = useState(false);
  const [said, setSaid] = useState<string>();
  const [pages] = useState(() => pagesFor(scopes));
  useGo(pages);
  usePaletteKey(() => setPalette(true));
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  useScreenKeys({
    j: () => moveRow(1),
    k: () => moveRow(-1),
    '?': () => {
      setListed(true);
      return true;
    },
    e: () => foldAll(true),
    w: () => foldAll(false),
    c: () => {
      const id = idInView();
      if (id === undefined) return false;
      navigator.clipboard.writeText(id).then(
        () => setSaid(`Copied ${shortId(id)}`),
        () => setSaid('Not copied: the browser refused'),
      );
      return true;
    },
    '/': () => {
      const filter = document.querySelector<HTMLElement>(
        '#page :is([data-filter] :is(input, button), input[data-filter])',
      );
      filter?.focus();
      return filter !== null;
    },
  });
  return { listed, setListed, palette, setPalette, said };
}
