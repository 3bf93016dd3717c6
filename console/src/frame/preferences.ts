// What a person chose for this browser. Nothing here is secret; what cannot be read is as if never chosen.
export type Theme = 'system' | 'light' | 'dark';

const THEME = 'sallyport.theme';
const LETTERS = 'sallyport.letters';
const ROOMY = 'sallyport.roomy';
const SPLIT = 'sallyport.split';
const LEAST_SPLIT = 25;
const MOST_SPLIT = 75;
const USUAL_SPLIT = 45;

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

const systemDark = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

function applyTheme(theme: Theme): void {
  const system = systemDark().matches ? 'dark' : 'light';
  document.documentElement.dataset.theme = theme === 'system' ? system : theme;
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

/** Whether rows are 40 pixels high instead of 32. */
export function readRoomy(): boolean {
  return read(ROOMY) === 'on';
}

function applyRoomy(on: boolean): void {
  document.documentElement.dataset.rows = on ? 'roomy' : 'dense';
}

export function keepRoomy(on: boolean): void {
  write(ROOMY, on ? 'on' : 'off');
  applyRoomy(on);
}

/** Before the first screen is drawn. */
export function applyPreferences(): void {
  applyTheme(readTheme());
  applyRoomy(readRoomy());
  systemDark().addEventListener('change', () => applyTheme(readTheme()));
}

export function clampSplit(share: number): number {
  if (!Number.isFinite(share)) return USUAL_SPLIT;
  return Math.min(MOST_SPLIT, Math.max(LEAST_SPLIT, Math.round(share)));
}

/** Hundredths of the width that the list beside an open event has. */
export function readSplit(): number {
  const kept = read(SPLIT);
  return kept === null ? USUAL_SPLIT : clampSplit(Number(kept));
}

export function keepSplit(share: number): void {
  write(SPLIT, String(clampSplit(share)));
}
