// What this tab approved lately, and which approval has to be looked at again. Kept for the tab alone; ids and times, no content.
import type { Approved } from './decide-rules.ts';

const NAME = 'sallyport.approved';
const MOST = 20;

export function readApproved(): readonly Approved[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(NAME) ?? '[]');
    if (!Array.isArray(kept)) return [];
    return kept.filter((one): one is Approved => typeof one?.id === 'string' && typeof one?.at === 'number');
  } catch {
    return [];
  }
}

function write(done: readonly Approved[]): void {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(done.slice(-MOST)));
  } catch {
    // Storage is refused: the pace is then not watched; the server's rules hold all the same.
  }
}

export function noteApproved(id: string, now: number): void {
  write([...readApproved(), { id, at: now }]);
}

/** Looked at once more: it does not count any longer, nor does what came before it. */
export function noteReopened(id: string): void {
  const done = readApproved();
  const at = done.findIndex((one) => one.id === id);
  if (at !== -1) write(done.slice(at + 1));
}
