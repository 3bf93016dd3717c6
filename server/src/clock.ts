// Owns the two clocks: wall time for people, monotonic time for deadlines.
// Promises that deadlines never move when the wall clock is set.
// Must never be compared with the database's clock: leases are judged by the database alone.
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Monotonic milliseconds; only differences mean anything. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
