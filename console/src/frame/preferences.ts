// What a person chose for this browser. Nothing here is secret; what cannot be read is as if never chosen.
export type Theme = 'system' | 'light' | 'dark';

const THEME = 'sallyport.theme';
const LETTERS = 'sallyport.letters';

function read(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Storage is refused: the choice lasts as long as the page.
  }
}

export function readTheme(): Theme {
  const kept = read(THEME);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function keepTheme(theme: Theme): void {
  write(THEME, theme);
  applyTheme(theme);
}

/** Whether single letters act. */
export function readLetters(): boolean {
  return read(LETTERS) !== 'off';
}

export function keepLetters(on: boolean): void {
  write(LETTERS, on ? 'on' : 'off');
}
