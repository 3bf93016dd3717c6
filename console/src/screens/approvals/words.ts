// What the codes of a held call mean, in our own sentences. A code that this console does not know is shown as it is.

const EFFECTS: Readonly<Record<string, string>> = {
  read: 'It will read something.',
  egress: 'It will send a request to the address below.',
  write: 'It will change what the tenant stores.',
  send: 'It will send a message.',
  pay: 'It will move money.',
  destroy: 'It will destroy something.',
  credential: 'It will hand over a secret or change a right.',
};

/** Of an effect that nobody takes back: one fact is typed before it is approved. */
const GRAVE: ReadonlySet<string> = new Set(['pay', 'destroy', 'credential', 'send']);

export interface Ground {
  readonly word: string;
  readonly origin: 'user' | 'trusted' | 'untrusted';
}

const GROUNDS: Readonly<Record<string, Ground>> = {
  stated: { word: 'from your task', origin: 'user' },
  selected: { word: 'chosen in your task', origin: 'user' },
  granted: { word: 'granted to the run', origin: 'user' },
  constant: { word: 'a constant of the skill', origin: 'trusted' },
  trusted: { word: 'from a trusted source', origin: 'trusted' },
  attested: { word: 'attested by a trusted source', origin: 'trusted' },
  empty: { word: 'empty', origin: 'trusted' },
  followed: { word: 'followed from a page that was granted', origin: 'untrusted' },
  none: { word: 'nobody vouches for it', origin: 'untrusted' },
};

const FLAGS: Readonly<Record<string, string>> = {
  punycode: 'its letters are written in another script than they seem',
  mixed_script: 'it mixes letters of several scripts',
  not_ascii: 'it holds letters that look like others',
  looks_like_stated: 'it looks like an address of your task, and is another',
  hidden_characters: 'it holds signs that nobody sees',
};

const BARRED: Readonly<Record<string, string>> = {
  not_pending: 'It is not open any more.',
  seat_taken: 'You have decided already; another person has to.',
  starter_may_not: 'You started this run, and the policy of the tenant wants another person to approve its calls.',
  approver_may_not: 'The policy of the tenant does not let you approve this call.',
};

const own = <T>(table: Readonly<Record<string, T>>, code: string): T | undefined =>
  Object.hasOwn(table, code) ? table[code] : undefined;

export const effectSentence = (effect: string): string =>
  own(EFFECTS, effect) ?? `It has the effect ${effect.slice(0, 60)}.`;
export const isGrave = (effect: string): boolean => GRAVE.has(effect) || own(EFFECTS, effect) === undefined;
/** A ground that this console does not know is no reason to trust. */
export const groundOf = (ground: string): Ground =>
  own(GROUNDS, ground) ?? { word: ground.slice(0, 60), origin: 'untrusted' };
export const flagSentence = (flag: string): string => own(FLAGS, flag) ?? flag.slice(0, 100);
export const barredSentence = (code: string): string => own(BARRED, code) ?? code.slice(0, 100);

export const DENIALS = [
  'Not asked for by the task.',
  'The address is not known.',
  'It would send private data.',
  'The content is wrong.',
  'Not now.',
] as const;
