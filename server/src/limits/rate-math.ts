// The generic cell rate algorithm (ITU-T I.371, annex A): one number a bucket, the time at which it would be empty of debts. Pure.

/** So many in so many seconds: all of them at once from a full bucket, then one for each equal part of the time. */
export interface Rate {
  readonly count: number;
  readonly seconds: number;
}

export interface Standing {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Seconds until the bucket is full again. */
  readonly reset: number;
  /** Seconds until the next one is let through; 0 when it would be now. */
  readonly retryAfter: number;
}

/** Seconds between two of them. */
export function stepOf(rate: Rate): number {
  return rate.seconds / rate.count;
}

/** What a bucket says after a take. `tat` is its theoretical arrival time and `now` the time of the take, in seconds. */
export function standingOf(rate: Rate, allowed: boolean, tat: number, now: number): Standing {
  const step = stepOf(rate);
  const debt = Math.max(0, tat - now);
  return {
    allowed,
    remaining: Math.max(0, Math.floor((rate.seconds - debt) / step + 1e-9)),
    reset: Math.ceil(debt),
    retryAfter: Math.max(0, debt + step - rate.seconds),
  };
}

/** One take from a bucket in memory; answers the new arrival time, or undefined when there is no room. */
export function takeFrom(rate: Rate, tat: number | undefined, now: number): number | undefined {
  const next = Math.max(tat ?? now, now) + stepOf(rate);
  return next <= now + rate.seconds ? next : undefined;
}
