// What the palette offers for what was typed.
import type { RunSummary, Session } from '@sallyport/contracts';
import { shortId } from '../components/short-id.ts';
import { statusWord } from '../components/status-words.ts';
import { pagesFor } from './pages.ts';

export type PaletteAct =
  | { readonly kind: 'page'; readonly to: ReturnType<typeof pagesFor>[number]['to'] }
  | { readonly kind: 'run'; readonly id: string }
  | { readonly kind: 'start_run' | 'create_key' | 'settings' | 'sign_out' };

export interface PaletteItem {
  readonly group: 'Runs' | 'Pages' | 'Commands';
  readonly name: string;
  readonly hint: string;
  readonly act: PaletteAct;
}

const WHOLE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Shorter texts match too many runs to be of use. */
export const LEAST_TEXT = 3;

export function paletteItems(
  typed: string,
  session: Pick<Session, 'scopes'>,
  runs: readonly RunSummary[],
): readonly PaletteItem[] {
  const text = typed.trim().toLowerCase();
  const may = (scope: string): boolean => session.scopes.includes(scope);
  const pages = pagesFor(session.scopes).map(
    ({ name, to, letter }): PaletteItem => ({ group: 'Pages', name, hint: `g ${letter}`, act: { kind: 'page', to } }),
  );
  const command = (
    name: string,
    kind: 'start_run' | 'create_key' | 'settings' | 'sign_out',
    hint = '',
  ): PaletteItem => ({
    group: 'Commands',
    name,
    hint,
    act: { kind },
  });
  const commands = [
    ...(may('runs:write') ? [command('Start a run', 'start_run')] : []),
    ...(may('keys:write') ? [command('Create a key', 'create_key')] : []),
    command('Settings and keys', 'settings', '?'),
    command('Sign out', 'sign_out'),
  ];
  const found = runs.map(
    (run): PaletteItem => ({
      group: 'Runs',
      name: `Run ${shortId(run.id)}`,
      hint: `${statusWord(run.status)}, ${run.skill}`,
      act: { kind: 'run', id: run.id },
    }),
  );
  // A whole id is a run that the list of answers need not hold.
  const named: PaletteItem[] =
    WHOLE_ID.test(text) && may('runs:read') && !runs.some(({ id }) => id === text)
      ? [{ group: 'Runs', name: `Run ${shortId(text)}`, hint: 'open', act: { kind: 'run', id: text } }]
      : [];
  const fits = ({ name }: PaletteItem): boolean => name.toLowerCase().includes(text);
  return [...named, ...found, ...pages.filter(fits), ...commands.filter(fits)];
}
