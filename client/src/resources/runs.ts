import type {
  Artifact,
  CreateRun,
  Effect,
  Entity,
  EventEnvelope,
  Page,
  ResolveEffect,
  Run,
  RunStatus,
  RunSummary,
  RunUsage,
} from '@sallyport/contracts';
import { FOLLOW_LIMITS, type FollowLimits, type FollowOptions, followRun } from '../event-stream.ts';
import { eachOf, type PageQuery } from '../pages.ts';
import { SallyportError } from '../sallyport-error.ts';
import { segment, streamOf, type Transport } from '../transport.ts';

export interface EventsQuery {
  /** `seq` of the last event already seen. */
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RunQuery extends PageQuery {
  readonly status?: RunStatus | undefined;
  /** Name of a skill, without its version. */
  readonly skill?: string | undefined;
  readonly created_by?: string | undefined;
  /** RFC 3339 in UTC: created then or later. */
  readonly from?: string | undefined;
  /** RFC 3339 in UTC: created before. */
  readonly to?: string | undefined;
  /** A part of the id, the skill, the model or the error code. */
  readonly text?: string | undefined;
  /** Only runs that wait for a person or hold an effect of an unknown end. */
  readonly attention?: 'needed' | undefined;
}

export interface CreateRunOptions {
  /** Makes a repeat safe: the same key and body are the same run. With it, a lost answer is asked for again. */
  readonly idempotencyKey?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Runs {
  /** Starts a run of a skill. */
  create(body: CreateRun, options?: CreateRunOptions): Promise<Run>;
  get(id: string, signal?: AbortSignal): Promise<Run>;
  /** Every run, newest first. */
  list(query?: RunQuery): AsyncGenerator<RunSummary>;
  listPage(query?: RunQuery): Promise<Page<RunSummary>>;
  /** Asks that the run stop. `already_ended` (409) when it has. */
  cancel(id: string): Promise<Run>;
  /** Stored events after `after`, oldest first. */
  events(id: string, query?: EventsQuery): Promise<readonly EventEnvelope[]>;
  /** The same without `data`. */
  envelopes(id: string, query?: EventsQuery): Promise<readonly Omit<EventEnvelope, 'data'>[]>;
  /** Every event once and in order, live until the run has ended; reconnects by itself. */
  follow(id: string, options?: FollowOptions): AsyncGenerator<EventEnvelope>;
  /** The lines of the run's export, for offline verification. */
  export(id: string, signal?: AbortSignal): AsyncGenerator<string>;
  artifacts(id: string, query?: PageQuery): AsyncGenerator<Artifact>;
  entities(id: string, query?: PageQuery): AsyncGenerator<Entity>;
  /** What it did to the world, in the order of the keys. */
  effects(id: string, query?: PageQuery): AsyncGenerator<Effect>;
  /** Says what became of an effect that nobody knows the end of. `already_decided` when it is known. */
  resolveEffect(id: string, key: string, said: ResolveEffect): Promise<Effect>;
  /** Its totals and a page of its ledger, newest first. */
  usage(id: string, query?: PageQuery): Promise<RunUsage>;
}

const MOST_LINE = 8 * 1024 * 1024;

export function createRuns(transport: Transport, limits: FollowLimits = FOLLOW_LIMITS): Runs {
  const path = (id: string, rest = ''): string => `v1/runs/${segment(id)}${rest}`;
  const pageOf =
    <T>(where: string) =>
    ({ signal, ...query }: PageQuery): Promise<Page<T>> =>
      transport.json(where, { query: { ...query }, signal });
  const eventPage = async <T>(
    id: string,
    { signal, ...query }: EventsQuery,
    view?: 'envelope',
  ): Promise<readonly T[]> => {
    const page = await transport.json<Page<T>>(path(id, '/events'), { query: { ...query, view }, signal });
    return page.data;
  };
  const events: Runs['events'] = (id, query = {}) => eventPage<EventEnvelope>(id, query);
  return {
    create: (body, { idempotencyKey, signal } = {}) =>
      transport.json('v1/runs', {
        method: 'POST',
        json: body,
        signal,
        ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey }, repeatable: true }),
      }),
    get: (id, signal) => transport.json(path(id), { signal }),
    list: (query = {}) => eachOf(query, pageOf<RunSummary>('v1/runs')),
    listPage: (query = {}) => pageOf<RunSummary>('v1/runs')(query),
    cancel: (id) => transport.json(path(id, '/cancel'), { method: 'POST' }),
    events,
    envelopes: (id, query = {}) => eventPage(id, query, 'envelope'),
    follow: (id, options = {}) =>
      followRun(transport, id, options, limits, (after) => events(id, { after, signal: options.signal })),
    export: (id, signal) => exportLines(transport, path(id, '/export'), signal),
    artifacts: (id, query = {}) => eachOf(query, pageOf<Artifact>(path(id, '/artifacts'))),
    entities: (id, query = {}) => eachOf(query, pageOf<Entity>(path(id, '/entities'))),
    effects: (id, query = {}) => eachOf(query, pageOf<Effect>(path(id, '/effects'))),
    resolveEffect: (id, key, said) =>
      transport.json(path(id, `/effects/${segment(key)}/resolution`), { method: 'POST', json: said }),
    usage: (id, { signal, ...query } = {}) => transport.json(path(id, '/usage'), { query: { ...query }, signal }),
  };
}

/** The lines of an export, each of bounded length. */
export async function* exportLines(transport: Transport, path: string, signal?: AbortSignal): AsyncGenerator<string> {
  const response = await transport.open(path, { headers: { accept: 'application/x-ndjson' }, signal });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of streamOf(response)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_LINE)
      throw new SallyportError('too_large', `A line of the export is longer than ${MOST_LINE} characters.`);
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
