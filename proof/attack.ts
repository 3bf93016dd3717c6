// An attack on a promise, tried with both doors, with each alone, and with none. With none it must succeed, or it has no teeth.
import type { PromiseNumber } from './promises.ts';

export interface Setting {
  readonly outer: boolean;
  readonly inner: boolean;
}

export const SETTINGS: readonly Setting[] = [
  { outer: true, inner: true },
  { outer: false, inner: true },
  { outer: true, inner: false },
  { outer: false, inner: false },
];

export interface Outcome {
  readonly succeeded: boolean;
  /** What was seen, in a sentence; of the proof's own instance, so it may say what it likes. */
  readonly evidence: string;
}

export interface Attack {
  readonly id: string;
  readonly promise: PromiseNumber;
  /** The row of the threat model. */
  readonly threat: string;
  readonly outer: string;
  readonly inner: string;
  run(setting: Setting): Promise<Outcome>;
}

/** Must the attack succeed under this setting? Only when nothing stands in its way. */
export function mustSucceed(setting: Setting): boolean {
  return !setting.outer && !setting.inner;
}

export function nameOf(setting: Setting): string {
  if (setting.outer && setting.inner) return 'both doors';
  if (setting.outer) return 'outer alone';
  return setting.inner ? 'inner alone' : 'no door';
}
