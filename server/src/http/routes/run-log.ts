// What a run left behind: its events, its export, its artifacts and entities. Each looks for the run first, so that a foreign id
// is a missing thing and never an empty list.
import {
  Artifact,
  Entity,
  EventEnvelope,
  EventHeader,
  either,
  ListEventsQuery,
  type Page,
  PageQuery,
  pageOf,
} from '@sallyport/contracts';
import { listArtifacts } from '../../artifacts/artifacts.ts';
import { recordAct } from '../../audit/audit.ts';
import type { TenantScope } from '../../db/db.ts';
import { listEntities } from '../../entities/entities.ts';
import { fault } from '../../errors.ts';
import { type EventHead, exportRun, followEvents, listEventHeads, listEvents } from '../../events/events.ts';
import { type ArtifactId, asId, type EntityId, type RunId } from '../../ids.ts';
import { findRun, type RunRecord } from '../../runs/runs.ts';
import { answer } from '../answer-spec.ts';
import { type Answer, ok } from '../message/answer.ts';
import { page } from '../message/cursor.ts';
import type { StreamMessage } from '../message/event-streams.ts';
import { type Incoming, type Route, route } from '../route.ts';

const DEFAULT_EVENTS = 100;
const EVENTS = either(pageOf(EventEnvelope), pageOf(EventHeader));
const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

async function demandRun(scope: TenantScope, id: string): Promise<RunRecord> {
  const run = await findRun(scope, asId(id));
  if (run === undefined) throw fault('not_found');
  return run;
}

async function pageOfEvents(
  scope: TenantScope,
  run: RunRecord,
  query: ListEventsQuery,
): Promise<Page<EventEnvelope | EventHead>> {
  const limit = query.limit ?? DEFAULT_EVENTS;
  const list = query.view === 'envelope' ? listEventHeads : listEvents;
  const events = await list(scope, run.id, query.after ?? -1, limit);
  const last = events.at(-1);
  const next = last !== undefined && last.seq < run.lastSeq ? String(last.seq) : null;
  return { data: events, next_cursor: next };
}

async function* messages(events: AsyncIterable<EventEnvelope>): AsyncGenerator<StreamMessage> {
  for await (const event of events) yield { id: String(event.seq), event: event.type, data: event };
}

function stream(call: Incoming & { readonly scope: TenantScope }, id: RunId, after: number): Answer {
  const { scope, services, gone, stillAllowed } = call;
  const ended = async (): Promise<boolean> => {
    const run = await findRun(scope, id);
    return run === undefined || ENDED.has(run.status);
  };
  return services.streams.open({
    tenantId: scope.tenantId,
    gone,
    stillAllowed,
    follow: (signal) => messages(followEvents(scope, services.signals, id, { after, signal, ended })),
  });
}

/** `Last-Event-ID` is what a browser sends by itself when it comes back; it knows more than the address it began with. */
function resumePoint(header: string | undefined, after: number | undefined): number {
  if (header === undefined || header === '') return after ?? -1;
  if (/^(0|[1-9]\d{0,8})$/.test(header)) return Number(header);
  throw fault('invalid_request', { fields: [{ path: 'Last-Event-ID', message: 'is not the id of an event' }] });
}

function wantsStream(accept: string | undefined): boolean {
  return (accept ?? '').split(',').some((type) => type.split(';')[0]?.trim().toLowerCase() === 'text/event-stream');
}

export const runLogRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/runs/{id}/events',
    access: 'runs:read',
    summary:
      'Pages through the events of a run, oldest first; with `Accept: text/event-stream` sends them as they come.',
    query: ListEventsQuery,
    headers: {
      accept: '`text/event-stream` for a live stream.',
      'last-event-id': 'Of a stream: the `seq` of the last event already seen; it counts more than `after`.',
    },
    answers: [{ ...answer(EVENTS, 'A page of events, or the stream of them.'), media: ['text/event-stream'] }],
    faults: ['rate_limited'],
    handle: async (call) => {
      const { scope, params, query, header } = call;
      const run = await demandRun(scope, params.id);
      if (!wantsStream(header('accept'))) return ok(await pageOfEvents(scope, run, query));
      return stream(call, run.id, resumePoint(header('last-event-id'), query.after));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/events/{seq}',
    access: 'runs:read',
    summary: 'Shows one event.',
    answers: [answer(EventEnvelope, 'The event.')],
    handle: async ({ scope, params }) => {
      const seq = Number(params.seq);
      const [event] = await listEvents(scope, asId(params.id), seq - 1, 1);
      if (event?.seq !== seq) throw fault('not_found');
      return ok(event);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/export',
    access: 'runs:read',
    summary: 'Sends the log as it is stored, one JSON line an event, for offline verification.',
    answers: [{ status: 200, about: 'A header line, then a line an event.', media: ['application/x-ndjson'] }],
    handle: async ({ services, principal, scope, params }) => {
      const run = await demandRun(scope, params.id);
      await services.db.atomic(principal, (tx) =>
        recordAct(tx, {
          action: 'run.exported',
          object: { kind: 'run', id: run.id },
          detail: { last_seq: run.lastSeq },
        }),
      );
      const headers = { 'content-type': 'application/x-ndjson; charset=utf-8' };
      return { status: 200, headers, stream: exportRun(scope, run) };
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/artifacts',
    access: 'artifacts:read',
    summary: 'Lists the artifacts that a run made, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(Artifact), 'A page of artifacts.')],
    handle: async ({ scope, params, query }) => {
      const { id: runId } = await demandRun(scope, params.id);
      const read = (before: ArtifactId | undefined, limit: number) => listArtifacts(scope, { runId, before, limit });
      return ok(await page(query, read, (artifact) => artifact.id));
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/entities',
    access: 'entities:read',
    summary: 'Lists the entities that a run found, newest first.',
    query: PageQuery,
    answers: [answer(pageOf(Entity), 'A page of entities.')],
    handle: async ({ scope, params, query }) => {
      const { id: runId } = await demandRun(scope, params.id);
      const read = (before: EntityId | undefined, limit: number) => listEntities(scope, { runId, before, limit });
      return ok(await page(query, read, (entity) => entity.id));
    },
  }),
];
