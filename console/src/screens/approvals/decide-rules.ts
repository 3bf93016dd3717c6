// When a held call may be approved, as pure rules: what was opened, what was typed, how fast the hand goes.
import type { Approval } from '@sallyport/contracts';
import { groundOf, isGrave } from './words.ts';

type Argument = Approval['card']['arguments'][number];

const FOLD_FROM = 240;
const LEAST_LOOK_MS = 2_000;
const SPAN_MS = 20_000;
const MOST_IN_SPAN = 3;

export const isFolded = ({ shown }: Pick<Argument, 'shown'>): boolean => shown.length > FOLD_FROM;

/** Places of what must be opened before an approval: folded targets, and folded text that nobody vouches for. */
export function mustOpen(args: readonly Argument[]): readonly number[] {
  return args.flatMap((one, at) => {
    const matters = one.role !== 'content' || groundOf(one.ground).origin === 'untrusted';
    return isFolded(one) && matters ? [at] : [];
  });
}

/** The middle of a long text, with what is left out in numbers. */
export function foldMiddle(shown: string): string {
  if (!isFolded({ shown })) return shown;
  const half = FOLD_FROM / 2;
  const chars = [...shown];
  return `${chars.slice(0, half).join('')} … ${(chars.length - 2 * half).toLocaleString('en-US')} more … ${chars.slice(-half).join('')}`;
}

/** The one fact that is typed for what cannot be taken back: an amount, the domain of the target, or the name of the tool. */
export function factToType(card: Approval['card']): { readonly name: string; readonly value: string } | undefined {
  if (!isGrave(card.effect)) return undefined;
  const amount = card.arguments.find(({ path }) => /(?:^|\.)(?:amount|total|price)$/.test(path));
  if (amount !== undefined && amount.shown !== '') return { name: 'the amount', value: amount.shown };
  const domain = card.arguments
    .filter(({ role }) => role !== 'content')
    .map(({ shown }) => /@([^\s@]+)$/.exec(shown)?.[1] ?? URL.parse(shown)?.hostname ?? '')
    .find((host) => host !== '');
  return domain === undefined
    ? { name: 'the name of the tool', value: card.tool }
    : { name: 'the domain', value: domain };
}

export interface Look {
  readonly opened: ReadonlySet<number>;
  readonly typed: string;
  readonly reason: string;
}

/** Why it cannot be approved yet, in the order in which a person would clear it; empty when it can. */
export function missing(approval: Pick<Approval, 'card' | 'barred'>, look: Look): readonly string[] {
  const closed = mustOpen(approval.card.arguments).filter((at) => !look.opened.has(at));
  const fact = factToType(approval.card);
  return [
    ...closed.map((at) => `Open ${approval.card.arguments[at]?.path ?? 'the argument'} whole.`),
    ...(fact !== undefined && look.typed.trim() !== fact.value ? [`Type ${fact.name}.`] : []),
    ...(look.reason.trim() === '' ? ['Say why you approve it.'] : []),
  ];
}

export interface Approved {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
}

/** The approval that must be looked at once more before the next one; undefined while the hand goes at a human pace. */
export function pauseFor(done: readonly Approved[], openedAt: number, now: number): 'look' | Approved | undefined {
  if (now - openedAt < LEAST_LOOK_MS) return 'look';
  const recent = done.filter(({ at }) => now - at < SPAN_MS);
  return recent.length >= MOST_IN_SPAN - 1 ? recent.at(-1) : undefined;
}
