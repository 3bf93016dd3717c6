// Follows many runs at once, for a browser that has one connection for all its tabs: events of chosen runs in order, and word of every
// run of the tenant that moved. Notifications hold ids of all tenants; which of them are ours is asked inside the tenant's wall.
import type { EventEnvelope, RunHeadline, RunStatus } from '@sallyport/contracts';
import { type Row, sql, type TenantScope } from '../db/db.ts';
import { listEvents, type RunsWaiter, type Signals, type View } from '../events/events.ts';
import { asId, type RunId } from '../ids.ts';

export type RunNews =
  | { readonly kind: 'event'; readonly runId: RunId; readonly event: EventEnvelope }
  | { readonly kind: 'changed'; readonly run: RunHeadline };

export interface FollowRunsOptions {
  /** Runs whose events are followed, each with the last `seq` that was seen. */
  readonly seen: ReadonlyMap<RunId, number>;
  /** What the caller knows of the tenant's runs; undefined when it does not ask for word of them. */
  readonly known: readonly RunHeadline[] | undefined;
  readonly signal: AbortSignal;
  /** As this release reads events unless told. */
  readonly view?: View;
}

const PAGE = 100;
const NEWEST = 100;
/** A lost notification costs at most this long. */
const LOOK_AGAIN_MS = 5_000;
/** Between two lookups of headlines: a busy tenant does not ask more often for being busy. */
const BATCH_MS = 250;
const MOST_KNOWN = 2_000;
const MOST_FOREIGN = 10_000;
const MOST_ASKED = 500;

function readHeadline(row: Row): RunHeadline {
  return { id: row.text('id'), status: row.text('status') as RunStatus, last_seq: row.int('last_seq') };
}

/** Those of `ids` that the tenant has. */
export async function findHeadlines(scope: TenantScope, ids: readonly RunId[]): Promise<RunHeadline[]> {
  if (ids.length === 0) return [];
  return scope.rows(
    sql`select r.id, r.status, r.last_seq from runs r where ${scope.mine('r')} and r.id = any(${ids}::uuid[])`,
    readHeadline,
  );
}

export async function newestHeadlines(scope: TenantScope): Promise<RunHeadline[]> {
  return scope.rows(
    sql`select r.id, r.status, r.last_seq from runs r where ${scope.mine('r')} order by r.id desc limit ${NEWEST}`,
    readHeadline,
  );
}

/** Events of the chosen runs, a page of each in turn, so that a long one does not hold the others up. */
class EventTails {
  readonly #scope: TenantScope;
  readonly #seen: Map<RunId, number>;
  readonly #view: View | undefined;

  constructor(scope: TenantScope, seen: ReadonlyMap<RunId, number>, view: View | undefined) {
    this.#scope = scope;
    this.#view = view;
    this.#seen = new Map(seen);
  }

  /** Those of the runs that have grown. */
  async grown(): Promise<RunId[]> {
    const heads = await findHeadlines(this.#scope, [...this.#seen.keys()]);
    return heads.map((head) => asId<RunId>(head.id)).filter((id, at) => (heads[at]?.last_seq ?? -1) > this.#last(id));
  }

  async *read(runs: readonly RunId[]): AsyncGenerator<RunNews> {
    let open = runs.filter((id) => this.#seen.has(id));
    while (open.length > 0) {
      const more: RunId[] = [];
      for (const runId of open) {
        const events = await listEvents(this.#scope, runId, this.#last(runId), PAGE, this.#view);
        for (const event of events) {
          this.#seen.set(runId, event.seq);
          yield { kind: 'event', runId, event };
        }
        if (events.length === PAGE) more.push(runId);
      }
      open = more;
    }
  }

  #last(id: RunId): number {
    return this.#seen.get(id) ?? -1;
  }
}

/** What is known of the tenant's runs, bounded; answers what is new. */
class Headlines {
  readonly #scope: TenantScope;
  readonly #known = new Map<string, string>();
  /** Ids that are no run of the tenant, and never will be: a run is told of after its commit. */
  readonly #foreign = new Set<RunId>();
  readonly #pending = new Set<RunId>();
  #nextAt = 0;

  constructor(scope: TenantScope, known: readonly RunHeadline[]) {
    this.#scope = scope;
    for (const headline of known) this.#learn(headline);
  }

  note(ids: readonly RunId[]): void {
    for (const id of ids) if (!this.#foreign.has(id)) this.#pending.add(id);
  }

  /** Milliseconds until the next lookup is due; undefined when nothing is asked. */
  dueIn(now: number): number | undefined {
    return this.#pending.size === 0 ? undefined : Math.max(0, this.#nextAt - now);
  }

  async changes(now: number, whole: boolean): Promise<RunHeadline[]> {
    if (!whole && this.dueIn(now) !== 0) return [];
    this.#nextAt = now + BATCH_MS;
    const asked = [...this.#pending].slice(0, MOST_ASKED);
    for (const id of asked) this.#pending.delete(id);
    const found = await findHeadlines(this.#scope, asked);
    if (this.#foreign.size > MOST_FOREIGN) this.#foreign.clear();
    const ours = new Set(found.map((run) => run.id));
    for (const id of asked) if (!ours.has(id)) this.#foreign.add(id);
    const newest = whole ? await newestHeadlines(this.#scope) : [];
    return [...found, ...newest].filter((headline) => this.#learn(headline));
  }

  /** True when it was not known so. The one that was known longest is forgotten: at worst it is told again. */
  #learn({ id, status, last_seq: seq }: RunHeadline): boolean {
    const text = `${status} ${seq}`;
    if (this.#known.get(id) === text) return false;
    this.#known.delete(id);
    this.#known.set(id, text);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST_KNOWN && oldest !== undefined) this.#known.delete(oldest);
    return true;
  }
}

function pauseMs(now: number, lookAt: number, headlines: Headlines | undefined): number {
  return Math.max(0, Math.min(lookAt - now, headlines?.dueIn(now) ?? LOOK_AGAIN_MS));
}

/** Without an end of its own: until `signal` aborts. */
export async function* followRuns(
  scope: TenantScope,
  signals: Signals,
  options: FollowRunsOptions,
): AsyncGenerator<RunNews> {
  const { seen, known, signal, view } = options;
  const waiter: RunsWaiter = signals.watchRuns(known === undefined ? (id) => seen.has(id) : undefined);
  const tails = new EventTails(scope, seen, view);
  const headlines = known === undefined ? undefined : new Headlines(scope, known);
  let lookAt = 0;
  try {
    while (!signal.aborted) {
      const { ids, missed } = waiter.take();
      const now = performance.now();
      const whole = missed || now >= lookAt;
      if (whole) lookAt = now + LOOK_AGAIN_MS;
      headlines?.note(ids);
      yield* tails.read(whole ? await tails.grown() : ids);
      for (const run of (await headlines?.changes(now, whole)) ?? []) yield { kind: 'changed', run };
      await waiter.wait(pauseMs(performance.now(), lookAt, headlines), signal);
    }
  } finally {
    waiter.close();
  }
}
