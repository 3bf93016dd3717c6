// The dated releases of the whole set. A release says of each event type which version its readers know; a date is never given again.
import { DEPRECATIONS, RELEASE_DATES } from './release-dates.ts';

/** The event types that readers of the first release know, each in version 1. */
const FIRST_TYPES = [
  ...['run.created', 'run.started', 'run.resumed', 'run.waiting', 'run.succeeded', 'run.failed', 'run.cancelled'],
  ...['step.started', 'step.completed', 'model.message', 'usage.recorded', 'budget.exceeded', 'human.message'],
  ...['tool.call.requested', 'tool.call.decided', 'tool.call.held', 'tool.call.approved', 'tool.call.expired'],
  ...['tool.call.denied', 'tool.call.started', 'tool.call.completed', 'tool.call.failed'],
  ...['artifact.created', 'entity.extracted', 'egress.allowed', 'egress.blocked'],
  ...['event.payload_removed', 'effect.unknown', 'effect.settled'],
];
const [FIRST, NEWEST] = RELEASE_DATES;
const first = new Set(FIRST_TYPES);

/** The releases that brought a later version of a type, the oldest first. A type that is not here has one version. */
const LATER: Readonly<Record<string, readonly string[]>> = { 'tool.call.denied': ['2026-11-25'] };

export interface Deprecation {
  /** RFC 3339. */
  readonly at: string;
  /** Not before this moment is it taken away. */
  readonly sunset: string;
}

export interface ContractRelease {
  /** `2026-11-25`. */
  readonly date: string;
  /** The version of each event type that its readers know. */
  readonly versions: ReadonlyMap<string, number>;
  /** Undefined while no newer one replaces it. */
  readonly deprecation: Deprecation | undefined;
}

/** The date that brought a version of a type. */
function broughtBy(type: string, version: number): string {
  if (version > 1) return LATER[type]?.[version - 2] ?? NEWEST;
  return first.has(type) ? FIRST : NEWEST;
}

/** Every release that is supported, the oldest first; `written` is what this one writes. */
export function releasesOf(written: Readonly<Record<string, number>>): readonly ContractRelease[] {
  return RELEASE_DATES.map((date): ContractRelease => {
    const known = Object.entries(written).flatMap(([type, newest]): [string, number][] => {
      const versions = Array.from({ length: newest }, (_, at) => at + 1);
      const last = versions.findLast((version) => broughtBy(type, version) <= date);
      return last === undefined ? [] : [[type, last]];
    });
    return { date, versions: new Map(known), deprecation: DEPRECATIONS[date] };
  });
}
