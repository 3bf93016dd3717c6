// Owns the append-only, hash-chained log of each run: the only writer of events and of a run's head.
// Promises dense `seq`, one append a step under the run's row lock, and a superseded worker refused.
// Must never store an event that breaks its contract, nor hash a payload itself: the chain is over commitments.

export { type Appender, append, lockRun, type RunHead } from './append.ts';
export { demandRelease } from './demand-release.ts';
export {
  allEvents,
  type EventHead,
  exportRun,
  type FollowOptions,
  followEvents,
  listEventHeads,
  listEvents,
  type View,
} from './read.ts';
export { type Listener, openSignals, type Signals } from './signals.ts';
export { storable } from './stored-text.ts';
export type { RunsWaiter, Waiter } from './waiter.ts';
