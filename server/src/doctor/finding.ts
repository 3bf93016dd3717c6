// One thing that was looked at.
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly said: string;
  /** What to do, in one line; undefined when there is nothing to do. */
  readonly fix: string | undefined;
}

export const good = (check: string, said: string): Finding => ({ check, state: 'ok', said, fix: undefined });
export const warn = (check: string, said: string, fix: string): Finding => ({ check, state: 'warn', said, fix });
export const fail = (check: string, said: string, fix: string): Finding => ({ check, state: 'fail', said, fix });
export const skipped = (check: string, said: string, fix: string): Finding => ({ check, state: 'skipped', said, fix });
