// Owns the way of a line out of the process: masking, sampling of repeats, a bound on its length, and the count of what was done to it.
// Promises that whatever fails on the way leaves a constant record and a count, and that a flood of failures stays a trickle.
// Must never let a raw record through because the redactor failed, nor a byte that a terminal or a reader of lines would take for its own.
import { createRedactor, type Redactor } from '@sallyport/redact';
import { createFlood, type FloodLimits, type Repeated } from './flood.ts';
import { boundLine, inertLine } from './line.ts';

export { FLOOD_LIMITS, type FloodLimits, type Repeated } from './flood.ts';
export { MOST_LINE_BYTES } from './line.ts';

/** What became of the lines of this process. */
export interface SinkCounts {
  readonly written: number;
  /** Left out because they said again what was said; counted in a line of their own. */
  readonly dropped: number;
  readonly cut: number;
  /** Replaced by the constant record. */
  readonly failed: number;
}

export interface Sink {
  /** A copy with its secrets masked; the constant record when that cannot be had. */
  clean(fields: object): object;
  cleanText(text: string): string;
  /** `passing`: of a tenant and of one call; the oldest of those are forgotten, so that neither memory nor the cost of a line grows. */
  register(secret: string, life: 'lasting' | 'passing'): void;
  /** What `build` makes, or the constant record when it throws: a getter or a proxy may. */
  attempt(build: () => object): object;
  /** False when the line is to be left out. `key` says what it repeats. */
  admit(key: string, about: object): boolean;
  /** A line as it may be written. */
  finish(line: string): string;
  counts(): SinkCounts;
}

export interface SinkOptions {
  /** The inner door; only a test or the proof's own composition removes it (DEC-011). */
  readonly redaction?: boolean | undefined;
  /** A redactor with a fault; only a test has one. */
  readonly redactor?: Redactor | undefined;
  readonly flood?: FloodLimits | undefined;
  /** Told at the end of a span what was left out in it. */
  readonly onRepeated: (repeated: Repeated) => void;
}

/** Says nothing of the record: what could not be masked could hold anything. */
export const FAILED: object = Object.freeze({ redaction: 'failed' });

const MOST_PASSING = 1_000;

export function createSink(options: SinkOptions): Sink {
  let redactor = options.redactor ?? createRedactor();
  const lasting = new Set<string>();
  const passing = new Set<string>();
  const register: Sink['register'] = (secret, life) => {
    const known = life === 'lasting' ? lasting : passing;
    if (lasting.has(secret) || known.has(secret)) return;
    known.add(secret);
    if (passing.size <= MOST_PASSING) return redactor.register(secret);
    for (const old of [...passing].slice(0, MOST_PASSING / 2)) passing.delete(old);
    redactor = createRedactor({ secrets: [...lasting, ...passing] });
  };
  const open = options.redaction === false;
  const flood = createFlood(options.flood, options.onRepeated);
  const counts = { written: 0, dropped: 0, cut: 0, failed: 0 };
  const attempt = (build: () => object): object => {
    try {
      return build();
    } catch {
      counts.failed++;
      return FAILED;
    }
  };
  return {
    attempt,
    clean: (fields) =>
      open
        ? fields
        : attempt(() => {
            const before = redactor.failures();
            const cleaned = redactor.redact(fields);
            if (typeof cleaned !== 'object' || cleaned === null) throw new TypeError('a record became something else');
            if (redactor.failures() > before) counts.failed++;
            return cleaned;
          }),
    cleanText: (text) => {
      if (open) return text;
      try {
        return redactor.redactText(text);
      } catch {
        counts.failed++;
        return '[redaction failed]';
      }
    },
    register,
    admit: (key, about) => {
      const admitted = flood.admit(key, about);
      if (!admitted) counts.dropped++;
      return admitted;
    },
    finish: (line) => {
      const bounded = boundLine(line);
      if (bounded !== line) counts.cut++;
      counts.written++;
      return inertLine(bounded);
    },
    counts: () => ({ ...counts }),
  };
}
