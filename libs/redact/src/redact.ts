// Owns the one choke point that masks secrets in values and text before they leave the process.
// Promises to be idempotent, linear in the input, never to throw and never to change what it was given.
// Must never let a raw record through, nor put a part of a secret into the marker.
import { knownForms } from './known.ts';
import { redactOnce } from './text.ts';
import { walk } from './walk.ts';

export const MARK = '[redacted]';

export interface RedactorOptions {
  /** Strings longer than this many characters become a digest. */
  readonly bulk?: number;
}

export interface Redactor {
  redact(value: unknown): unknown;
  redactText(text: string): string;
  /** Adds a secret the process holds, so that it is found by value wherever it turns up. */
  register(secret: string): void;
  /** How many records were replaced by the constant one because redaction failed. */
  failures(): number;
}

const MOST_ROUNDS = 4;

export function createRedactor(options: RedactorOptions = {}): Redactor {
  const forms = new Set<string>();
  let ordered: readonly string[] = [];
  let failed = 0;

  const stable = (input: string): string => {
    let text = input;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const before = text;
      for (const form of ordered) if (text.includes(form)) text = text.replaceAll(form, MARK);
      text = redactOnce(text);
      if (text === before) return text;
    }
    // A text that never settles is not worth the risk of showing.
    return redactOnce(text) === text ? text : MARK;
  };

  return {
    redact(value) {
      try {
        return walk(value, { text: stable, bulk: options.bulk ?? 2048, mark: MARK });
      } catch {
        failed++;
        return { redaction: 'failed' };
      }
    },
    redactText(text) {
      try {
        return stable(text);
      } catch {
        failed++;
        return MARK;
      }
    },
    register(secret) {
      for (const form of knownForms(secret)) forms.add(form);
      // Longest first, so that a form inside a longer one does not leave a rest behind.
      ordered = [...forms].sort((a, b) => b.length - a.length);
    },
    failures: () => failed,
  };
}

/** Masks with the built-in rules alone. */
export function redact(value: unknown): unknown {
  return createRedactor().redact(value);
}
