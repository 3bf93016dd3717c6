// The three rungs, and what a row shows of each. A rung that this console does not know counts as none.
import type { Posture } from '@sallyport/contracts';
import type { DoorState } from '../../components/doors.tsx';

type Rung = Posture['rung'];

export const RUNG_WORDS: Readonly<Record<Rung, string>> = {
  below_baseline: 'below the baseline',
  baseline: 'baseline',
  production: 'production',
  high_assurance: 'high assurance',
};
const RUNGS = ['baseline', 'production', 'high_assurance'] as const satisfies readonly Rung[];
const NO_SETTING = 'no setting of this release: ';

export interface RungCell {
  readonly rung: (typeof RUNGS)[number];
  readonly state: DoorState;
  readonly word: string;
}

/** Reached is filled, not yet is hollow; below the baseline the first is broken. */
export function cellsOf(at: Rung): readonly RungCell[] {
  const reached = (RUNGS as readonly Rung[]).indexOf(at);
  return RUNGS.map((rung, index) => {
    if (index <= reached) return { rung, state: 'holding', word: 'holds' };
    if (index === 0) return { rung, state: 'broken', word: 'fails' };
    return { rung, state: 'hollow', word: 'not yet' };
  });
}

/** The setting that a sentence begins with. */
export function settingIn(text: string): string | undefined {
  return /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:=[^\s,;…]+)?/.exec(text)?.[0];
}

export function notCovered(posture: Posture): readonly { readonly promise: number; readonly text: string }[] {
  return posture.promises.flatMap(({ promise, next }) =>
    (next?.reach ?? [])
      .filter((text) => text.startsWith(NO_SETTING))
      .map((text) => ({ promise, text: text.slice(NO_SETTING.length) })),
  );
}
