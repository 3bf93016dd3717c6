// Makes untrusted text fit to be shown to a model or a person: hidden characters go, control tokens lose their form (R24 to R26).
// An extra layer: kept, and counted as nothing. Linear time; repeats until nothing changes.

export interface Finding {
  readonly kind: 'hidden' | 'control_token';
  readonly count: number;
}

// Tags, variation selectors, zero-width, bidi controls, fillers, soft hyphen, C0 and C1 but tab and newline, noncharacters.
const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of these is looked for by itself
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;
const ANSI = /\u001b(?:\[[0-9;?]{0,20}[@-~]|\][^\u0007\u001b]{0,200}(?:\u0007|\u001b\\))/g;
const TOKENS: readonly RegExp[] = [
  /<(?=[|\uff5c])/g,
  /[|\uff5c](?=>)/g,
  /\[(?=\/?INST\])/gi,
  /<(?=<\/?SYS>>)/gi,
  /<(?=\/?(?:s|start_of_turn|end_of_turn|tool_call|tool_calls|tool_response|function_calls|function_results|system|assistant|user|invoke)>)/gi,
  /<(?=\/?untrusted-)/gi,
];
const TURN = /^([ \t]*)(Human|Assistant|System|User|Developer)(?=:)/gim;
const MOST_ROUNDS = 4;

/** Idempotent. `count` says how many characters or tokens were found. */
export function sanitize(input: string): { readonly text: string; readonly findings: readonly Finding[] } {
  let text = input.toWellFormed();
  let hidden = 0;
  let tokens = 0;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = text;
    text = text.replace(/\r\n?/g, '\n').replace(/[\u2028\u2029]/g, '\n');
    const hide = (): string => {
      hidden++;
      return '';
    };
    const soften = (mark: string): string => {
      tokens++;
      return mark === '<' ? '\u2039' : mark === '[' ? '\u27e6' : '\u00a6';
    };
    text = text.replace(ANSI, hide).replace(HIDDEN, hide);
    for (const token of TOKENS) text = text.replace(token, soften);
    text = text.replace(TURN, (_all, space: string, word: string) => {
      tokens++;
      return `${space}${word} `;
    });
    if (text === before) break;
  }
  const findings: Finding[] = [];
  if (hidden > 0) findings.push({ kind: 'hidden', count: hidden });
  if (tokens > 0) findings.push({ kind: 'control_token', count: tokens });
  return { text, findings };
}
