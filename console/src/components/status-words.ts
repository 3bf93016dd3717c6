import type { RunStatus } from '@sallyport/contracts';

const WORDS: Readonly<Record<RunStatus, string>> = {
  queued: 'Queued',
  running: 'Running',
  waiting: 'Held',
  succeeded: 'Succeeded',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

export const STATUSES = Object.keys(WORDS) as RunStatus[];

export function isStatus(word: string): word is RunStatus {
  return Object.hasOwn(WORDS, word);
}

export function statusWord(status: string): string {
  return isStatus(status) ? WORDS[status] : status;
}
