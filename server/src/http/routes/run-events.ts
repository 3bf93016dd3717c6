// The log of a run as a reader of one release of the contracts knows it, and as it is stored. Each looks for the run first, so that a
// foreign id is a missing thing and never an empty list.
import {
  EventEnvelope,
  EventHeader,
  either,
  ListEventsQuery,
  type Page,
  pageOf,
  ReleaseQuery,
  type StreamGap,
  viewFor,
} from '@sallyport/contracts';
import { recordAct } from '../../audit/audit.ts';
import type { TenantScope } from '../../db/db.ts';
import { fault } from '../../errors.ts';
import { type EventHead, exportRun, followEvents, listEventHeads, listEvents } from '../../events/events.ts';
import { asId, type RunId } from '../../ids.ts';
import type { UserPrincipal } from '../../principal.ts';
import { findRun, getRunRecord, type RunRecord } from '../../runs/runs.ts';
import { answer } from '../answer-spec.ts';
import { type Answer, ok } from '../message/answer.ts';
import {
  deprecationMessage,
  type Negotiated,
  negotiate,
  RELEASE_FAULT,
  RELEASE_IN,
  RELEASE_OUT,
} from '../message/contract-release.ts';
import type { StreamMessage } from '../message/event-streams.ts';
import { type Incoming, type Route, route } from '../route.ts';

const DEFAULT_EVENTS = 100;
const EVENTS = either(pageOf(EventEnvelope), pageOf(EventHeader));
const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

async function pageOfEvents(
  scope: TenantScope,
  run: RunRecord,
  query: ListEventsQuery,
  { release }: Negotiated,
): Promise<Page<EventEnvelope | EventHead>> {
  const limit = query.limit ?? DEFAULT_EVENTS;
  const list = query.view === 'envelope' ? listEventHeads : listEvents;
  const events = await list(scope, run.id, query.after ?? -1, limit, viewFor(release));
  const last = events.at(-1);
  const next = last !== undefined && last.seq < run.lastSeq ? String(last.seq) : null;
  return { data: events, next_cursor: next };
}

interface Following extends Incoming {
  readonly principal: UserPrincipal;
  readonly scope: TenantScope;
}

function stream(call: Following, run: RunRecord, after: number, negotiated: Negotiated): Answer {
  const { scope, services, gone, stillAllowed } = call;
  const { release, headers } = negotiated;
  const ended = async (): Promise<boolean> => {
    const found = await findRun(scope, run.id);
    return found === undefined || ENDED.has(found.status);
  };
  const view = viewFor(release);
  const from = Math.min(after, run.lastSeq);
  async function* messages(signal: AbortSignal): AsyncGenerator<StreamMessage> {
    yield* deprecationMessage(release);
    yield* gapMessage(run, after);
    for await (const event of followEvents(scope, services.signals, run.id, { after: from, view, signal, ended }))
      yield { id: String(event.seq), event: event.type, data: event };
  }
  const answered = services.streams.open({ tenantId: scope.tenantId, gone, stillAllowed, follow: messages });
  return { ...answered, headers: { ...answered.headers, ...headers } };
}

/** A reader who has seen more than there is: the deployment was restored from a backup. What follows bears numbers that they know. */
function* gapMessage({ lastSeq }: RunRecord, after: number): Generator<StreamMessage> {
  if (after <= lastSeq) return;
  const data: StreamGap = { first_seq: lastSeq + 1, last_seq: after, reason: 'log_is_shorter' };
  yield { event: 'stream.gap', data };
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

const told = (body: unknown, { headers }: Negotiated): Answer => ({ ...ok(body), headers });

export const runEventRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/runs/{id}/events',
    access: 'runs:read',
    summary:
      'Pages through the events of a run, oldest first; with `Accept: text/event-stream` sends them as they come.',
    query: ListEventsQuery,
    headers: {
      ...RELEASE_IN,
      accept: '`text/event-stream` for a live stream.',
      'last-event-id': 'Of a stream: the `seq` of the last event already seen; it counts more than `after`.',
    },
    answers: [
      {
        ...answer(EVENTS, 'A page of events, or the stream of them.'),
        media: ['text/event-stream'],
        headers: RELEASE_OUT,
      },
    ],
    faults: ['rate_limited', RELEASE_FAULT],
    handle: async (call) => {
      const { scope, params, query, header } = call;
      const negotiated = negotiate(call);
      const run = await getRunRecord(scope, asId(params.id));
      if (!wantsStream(header('accept'))) return told(await pageOfEvents(scope, run, query, negotiated), negotiated);
      return stream(call, run, resumePoint(header('last-event-id'), query.after), negotiated);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/events/{seq}',
    access: 'runs:read',
    summary: 'Shows one event.',
    query: ReleaseQuery,
    headers: RELEASE_IN,
    answers: [{ ...answer(EventEnvelope, 'The event.'), headers: RELEASE_OUT }],
    faults: [RELEASE_FAULT],
    handle: async (call) => {
      const { scope, params } = call;
      const negotiated = negotiate(call);
      const seq = Number(params.seq);
      const runId = asId<RunId>(params.id);
      const [event] = await listEvents(scope, runId, seq - 1, 1, viewFor(negotiated.release));
      if (event?.seq !== seq) throw fault('not_found');
      return told(event, negotiated);
    },
  }),
  route({
    method: 'GET',
    path: '/v1/runs/{id}/export',
    access: 'runs:read',
    summary:
      'Sends the log as it is stored, one JSON line an event, for offline verification: each event in the version that it was written in.',
    query: ReleaseQuery,
    headers: RELEASE_IN,
    answers: [
      {
        status: 200,
        about: 'A header line, then a line an event. The release is answered, and changes no line.',
        media: ['application/x-ndjson'],
        headers: RELEASE_OUT,
      },
    ],
    faults: [RELEASE_FAULT],
    handle: async (call) => {
      const { services, principal, scope, params } = call;
      const negotiated = negotiate(call);
      const run = await getRunRecord(scope, asId(params.id));
      await services.db.atomic(principal, (tx) =>
        recordAct(tx, {
          action: 'run.exported',
          object: { kind: 'run', id: run.id },
          detail: { last_seq: run.lastSeq },
        }),
      );
      const headers = { ...negotiated.headers, 'content-type': 'application/x-ndjson; charset=utf-8' };
      return { status: 200, headers, stream: exportRun(scope, run) };
    },
  }),
];
