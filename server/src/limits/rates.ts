// Rates across nodes: buckets in the database, taken from in one statement; what is known to be blocked is refused here, without asking it
// (RL1, RL2, RL5). When the store cannot be asked, calls that change something fail closed and reads fall to buckets of this node (RL4).
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database, Row } from '../db/db.ts';
import { fault } from '../errors.ts';
import { type Rate, type Standing, standingOf, stepOf, takeFrom } from './rate-math.ts';

/** Whose bucket: these words are seen by callers as the names of policies. */
export type RateScope = 'key' | 'user' | 'tenant' | 'address' | 'failures';

export type RateSettings = Readonly<Record<RateScope, Rate>>;

export interface Wanted {
  readonly scope: RateScope;
  readonly id: string;
  readonly rate: Rate;
}
export interface Taken extends Standing {
  readonly scope: RateScope;
  readonly rate: Rate;
}

export interface Rates {
  /** Takes one from each bucket, or finds one that is known to be empty. Throws `unavailable` when it fails closed. */
  take(wanted: readonly Wanted[], whenDown: 'closed' | 'local'): Promise<Taken[]>;
  /** The bucket, if it is known here to be empty at this moment. Asks nobody. */
  blocked(wanted: Wanted): Taken | undefined;
  /** Takes one from a bucket of this node alone. */
  takeHere(wanted: Wanted): Taken;
  close(): void;
}

export interface RatesDeps {
  /** Under the login of the API. */
  readonly db: Database;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

const MOST_NAMES = 50_000;
const SWEEP_MS = 60_000;

interface TakenRow {
  readonly name: string;
  readonly allowed: boolean;
  readonly tat: number;
  readonly takenAt: number;
}
const readTaken = (row: Row): TakenRow => ({
  name: Buffer.from(row.bytes('name')).toString('hex'),
  allowed: row.bool('allowed'),
  tat: row.float('tat'),
  takenAt: row.float('taken_at'),
});

/** The store keeps no address and no id: only this. */
function nameOf({ scope, id }: Wanted): Buffer {
  return createHash('sha256').update(`sallyport.rate.v1\0${scope}\0${id}`, 'utf8').digest();
}

function put<V>(map: Map<string, V>, name: string, value: V): void {
  map.delete(name);
  const [oldest] = map.size >= MOST_NAMES ? map.keys() : [];
  if (oldest !== undefined) map.delete(oldest);
  map.set(name, value);
}

export function createRates({ db, clock, onFault }: RatesDeps): Rates {
  /** Until when a bucket is empty, in monotonic milliseconds. */
  const blocks = new Map<string, { readonly until: number; readonly reset: number }>();
  const local = new Map<string, number>();
  const sweep = setInterval(() => {
    db.system('sweep_rates', [], () => null).catch(onFault);
  }, SWEEP_MS);
  sweep.unref();

  const blocked = (wanted: Wanted, name = nameOf(wanted).toString('hex')): Taken | undefined => {
    const block = blocks.get(name);
    const now = clock.monotonic();
    if (block === undefined || block.until <= now) return undefined;
    const { scope, rate } = wanted;
    const reset = Math.max(0, Math.ceil((block.reset - now) / 1_000));
    return { scope, rate, allowed: false, remaining: 0, reset, retryAfter: (block.until - now) / 1_000 };
  };
  const settle = (wanted: Wanted, name: string, standing: Standing): Taken => {
    const now = clock.monotonic();
    if (!standing.allowed)
      put(blocks, name, { until: now + standing.retryAfter * 1_000, reset: now + standing.reset * 1_000 });
    return { ...standing, scope: wanted.scope, rate: wanted.rate };
  };
  const takeHere = (wanted: Wanted): Taken => {
    const name = nameOf(wanted).toString('hex');
    const now = clock.monotonic() / 1_000;
    const tat = local.get(name);
    const next = takeFrom(wanted.rate, tat, now);
    if (next !== undefined) put(local, name, next);
    return settle(wanted, name, standingOf(wanted.rate, next !== undefined, next ?? tat ?? now, now));
  };
  const takeThere = async (wanted: readonly Wanted[], names: readonly Buffer[]): Promise<Taken[]> => {
    const rates = wanted.map((one) => one.rate);
    const rows = await db.system(
      'take_rates',
      [names, rates.map(stepOf), rates.map((rate) => rate.seconds)],
      readTaken,
    );
    const byName = new Map(rows.map((row) => [row.name, row]));
    return wanted.map((one, at) => {
      const name = names[at]?.toString('hex') ?? '';
      const row = byName.get(name);
      if (row === undefined) throw fault('internal', { detail: 'a rate was not answered' });
      return settle(one, name, standingOf(one.rate, row.allowed, row.tat, row.takenAt));
    });
  };

  return {
    blocked,
    takeHere,
    take: async (wanted, whenDown) => {
      const names = wanted.map(nameOf);
      const empty = wanted
        .map((one, at) => blocked(one, names[at]?.toString('hex')))
        .filter((one) => one !== undefined);
      if (empty.length > 0) return empty;
      try {
        return await takeThere(wanted, names);
      } catch (error) {
        onFault(error);
        if (whenDown === 'closed') throw fault('unavailable', { detail: 'rate limits cannot be asked', cause: error });
        return wanted.map(takeHere);
      }
    },
    close: () => clearInterval(sweep),
  };
}
