// One stream a browser: HTTP/1.1 gives an origin six connections, and a stream a run would leave none for the seventh tab.
import { type ContractRelease, StreamQuery, viewFor } from '@sallyport/contracts';
import type { TenantScope } from '../../db/db.ts';
import { fault } from '../../errors.ts';
import { asId, type RunId } from '../../ids.ts';
import { findHeadlines, followRuns, newestHeadlines, type RunNews } from '../../runs/runs.ts';
import { deprecationMessage, negotiate, RELEASE_FAULT, RELEASE_IN, RELEASE_OUT } from '../message/contract-release.ts';
import type { StreamMessage } from '../message/event-streams.ts';
import { MOST_RUNS, readCursor, writeCursor } from '../message/stream-cursor.ts';
import { type Route, route } from '../route.ts';

const EVERY = '*';

interface Asked {
  readonly seen: Map<RunId, number>;
  readonly every: boolean;
}

/** `id`, `id:seq` or `*`, as the schema let through. */
function readRuns(text: string): Asked {
  const seen = new Map<RunId, number>();
  const items = text.split(',');
  for (const item of items.filter((one) => one !== EVERY)) {
    const [id = '', seq] = item.split(':');
    seen.set(asId(id), seq === undefined ? -1 : Number(seq));
  }
  const every = items.includes(EVERY);
  const refuse = (message: string): Error => fault('invalid_request', { fields: [{ path: '/runs', message }] });
  if (seen.size + (every ? 1 : 0) !== items.length) throw refuse('names one twice');
  if (seen.size > MOST_RUNS) throw refuse(`names more than ${MOST_RUNS} runs`);
  return { seen, every };
}

/** A foreign run is a missing one, and both are found out before the stream begins. */
async function demandRuns(scope: TenantScope, ids: readonly RunId[]): Promise<void> {
  if ((await findHeadlines(scope, ids)).length !== ids.length) throw fault('not_found');
}

async function* messages(
  news: AsyncIterable<RunNews>,
  seen: Map<RunId, number>,
  bare: boolean,
  release: ContractRelease,
): AsyncGenerator<StreamMessage> {
  yield* deprecationMessage(release);
  for await (const one of news) {
    if (one.kind === 'changed') {
      yield { event: 'run.changed', data: one.run };
      continue;
    }
    seen.set(one.runId, one.event.seq);
    const { data: _data, ...envelope } = one.event;
    yield { id: writeCursor(seen), event: one.event.type, data: bare ? envelope : one.event };
  }
}

export const streamRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/v1/stream',
    access: 'runs:read',
    summary:
      'Sends the events of up to 50 runs as they come, and with `*` word of every run that changes: one stream for a whole browser.',
    query: StreamQuery,
    headers: {
      ...RELEASE_IN,
      'last-event-id': 'The id of the last message already seen: it says of every run how far it was read.',
    },
    answers: [{ status: 200, about: 'The stream.', media: ['text/event-stream'], headers: RELEASE_OUT }],
    faults: ['not_found', 'rate_limited', RELEASE_FAULT],
    handle: async (call) => {
      const { scope, services, query, header, gone, stillAllowed } = call;
      const { release, headers } = negotiate(call);
      const { seen, every } = readRuns(query.runs);
      const cursor = header('last-event-id') ?? '';
      if (cursor !== '') for (const [id, seq] of readCursor(cursor)) if (seen.has(id)) seen.set(id, seq);
      await demandRuns(scope, [...seen.keys()]);
      // Before the first byte: what a caller reads after the stream has opened is at least this new.
      const known = every ? await newestHeadlines(scope) : undefined;
      const answered = services.streams.open({
        tenantId: scope.tenantId,
        gone,
        stillAllowed,
        follow: (signal) =>
          messages(
            followRuns(scope, services.signals, { seen, known, signal, view: viewFor(release) }),
            new Map(seen),
            query.view === 'envelope',
            release,
          ),
      });
      return { ...answered, headers: { ...answered.headers, ...headers } };
    },
  }),
];
