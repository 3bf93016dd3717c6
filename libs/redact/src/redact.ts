// Owns the one choke point that masks secrets in values, text and streams before they leave the process.
// Promises to be idempotent, linear in the input, never to throw and never to change what it was given.
// Must never let a raw record through, nor put a part of a secret into the marker.
import type { Transform } from 'node:stream';
import { createKnownSecrets, type KnownSecrets } from './known.ts';
import { createNameTable } from './names.ts';
import { createLineTransform, type RedactTransformOptions } from './stream.ts';
import { maskText, type TextRules } from './text.ts';
import { MARK } from './values.ts';
import { type KeyInfo, walk } from './walk.ts';

export type { RedactTransformOptions } from './stream.ts';
export { MARK } from './values.ts';

export interface RedactorOptions {
  /** Strings longer than this many bytes become a digest; 2048 unless told. */
  readonly bulk?: number;
  /** Secrets the process holds; more can be added by `register`. */
  readonly secrets?: readonly string[];
}

export interface Redactor {
  /** A copy of any value with its secrets masked; `{ redaction: 'failed' }` when that cannot be had. */
  redact(value: unknown): unknown;
  redactText(text: string): string;
  /** Adds a secret the process holds, so that it is found by value wherever it turns up. Less than six characters are ignored. */
  register(secret: string): void;
  /** How many records were replaced by the constant one because redaction failed. */
  failures(): number;
  /** A stream of text or of JSON lines, masked as it flows. */
  createRedactTransform(options?: RedactTransformOptions): Transform;
}

const BULK = 2048;

export function createRedactor(options: RedactorOptions = {}): Redactor {
  const names = createNameTable();
  const keys = new Map<string, KeyInfo>();
  const bulk = options.bulk ?? BULK;
  let known: KnownSecrets | undefined;
  let failed = 0;

  const json = (value: unknown, level: number): string | undefined => {
    const text = JSON.stringify(value);
    const masked = JSON.stringify(
      walk(value, { names, keys: new Map(), bulk, text: (inner) => maskText(inner, rules(), level + 1) }),
    );
    return masked === text ? undefined : masked;
  };
  const rules = (): TextRules => ({ names, known, json });
  let current = rules();
  const text = (input: string): string => maskText(input, current);
  const walkRules = { names, keys, bulk, text };

  const redactor: Redactor = {
    redact(value) {
      try {
        return walk(value, walkRules);
      } catch {
        failed++;
        return { redaction: 'failed' };
      }
    },
    redactText(input) {
      try {
        return text(input);
      } catch {
        failed++;
        return MARK;
      }
    },
    register(secret) {
      known ??= createKnownSecrets();
      known.add(secret);
      current = rules();
      keys.clear();
    },
    failures: () => failed,
    createRedactTransform: (streamOptions) => createLineTransform(redactor, streamOptions),
  };
  for (const secret of options.secrets ?? []) redactor.register(secret);
  return redactor;
}

/** Holds the built-in rules and what it remembers of names; no secret is ever registered with it. */
const builtIn = createRedactor();

/** Masks with the built-in rules alone. */
export function redact(value: unknown): unknown {
  return builtIn.redact(value);
}

/** Masks a text with the built-in rules alone. */
export function redactText(text: string): string {
  return builtIn.redactText(text);
}

/** A transform with the built-in rules alone, or with those of the redactor in the options. */
export function createRedactTransform(
  options: RedactTransformOptions & { readonly redactor?: Redactor } = {},
): Transform {
  return createLineTransform(options.redactor ?? builtIn, options);
}
