// Makes untrusted text fit to be shown to a model or a person: hidden characters go, control tokens lose their form (R24 to R27).
// An extra layer: kept, and counted as nothing.
import { neutralizeEverySign, neutralizeTokens } from './control-tokens.ts';
import { stripEveryHidden, stripHidden } from './hidden.ts';

export interface Finding {
  readonly kind: 'hidden' | 'control_token' | 'cut' | 'link';
  readonly count: number;
  /** What hidden characters spelt; for the trace and the card, never for the model. */
  readonly decoded?: string;
}

/** Longer texts are cut, and a finding says so. */
const MOST_CHARACTERS = 4_000_000;
const MOST_ROUNDS = 8;
const MOST_DEPTH = 40;
const MOST_NODES = 200_000;

interface Tally {
  hidden: number;
  tokens: number;
  cut: number;
  decoded: string;
}

/**
 * Strips and neutralises until a round changes nothing, so a mark that another mark hid falls too.
 *
 * Each round that changes anything removes a character or turns a sign into one that begins no mark, and none brings a sign back,
 * so the rounds come to rest. A text that needs more than eight (references nested in references) loses every sign that could
 * begin a mark instead: what is left is at rest, for no pattern can begin in it.
 */
function settle(input: string, tally: Tally): string {
  let text = input.toWellFormed();
  if (text.length > MOST_CHARACTERS) {
    tally.cut += text.length - MOST_CHARACTERS;
    text = text.slice(0, MOST_CHARACTERS).toWellFormed();
  }
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = text;
    const stripped = stripHidden(text.replace(/\r\n?|[\u0085\u2028\u2029]/g, '\n'));
    const softened = neutralizeTokens(stripped.text);
    tally.hidden += stripped.count;
    tally.tokens += softened.count;
    tally.decoded = (tally.decoded + stripped.decoded).slice(0, 2_000);
    text = softened.text;
    if (text === before) return text;
  }
  const bare = stripEveryHidden(text.replace(/\r\n?|[\u2028\u2029]/g, '\n'));
  const calm = neutralizeEverySign(bare.text);
  tally.hidden += bare.count;
  tally.tokens += calm.count;
  return calm.text;
}

function findingsOf(tally: Tally): Finding[] {
  const findings: Finding[] = [];
  if (tally.hidden > 0)
    findings.push({
      kind: 'hidden',
      count: tally.hidden,
      ...(tally.decoded === '' ? {} : { decoded: tally.decoded }),
    });
  if (tally.tokens > 0) findings.push({ kind: 'control_token', count: tally.tokens });
  if (tally.cut > 0) findings.push({ kind: 'cut', count: tally.cut });
  return findings;
}

/** Idempotent and linear. `count` says how many characters or tokens were found. */
export function sanitize(input: string): { readonly text: string; readonly findings: readonly Finding[] } {
  const tally: Tally = { hidden: 0, tokens: 0, cut: 0, decoded: '' };
  const text = settle(input, tally);
  return { text, findings: findingsOf(tally) };
}

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Every string of a value, keys too (R27). What is no JSON, too deep or too much is cut. */
export function sanitizeValue(input: unknown): { readonly value: Json; readonly findings: readonly Finding[] } {
  const tally: Tally = { hidden: 0, tokens: 0, cut: 0, decoded: '' };
  let nodes = 0;
  const cut = (): null => {
    tally.cut++;
    return null;
  };
  const visit = (value: unknown, depth: number): Json => {
    if (++nodes > MOST_NODES || depth > MOST_DEPTH) return cut();
    if (typeof value === 'string') return settle(value, tally);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number') return Number.isFinite(value) ? value : null;
    if (Array.isArray(value)) return value.slice(0, MOST_NODES).map((item) => visit(item, depth + 1));
    if (typeof value !== 'object') return value === undefined ? null : cut();
    const members = new Map<string, Json>();
    for (const [key, item] of Object.entries(value)) {
      if (item === undefined) continue;
      let name = settle(key, tally);
      // Two keys may become one: the second must not replace the first.
      while (members.has(name)) name += '_';
      members.set(name, visit(item, depth + 1));
    }
    return Object.fromEntries(members);
  };
  const value = visit(input, 0);
  return { value, findings: findingsOf(tally) };
}
