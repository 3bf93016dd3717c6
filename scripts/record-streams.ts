// Adds a piece to the museum of recorded streams: `npm run streams -- RELEASE`, once for each release of the contracts. A real server sends
// runs that hold every event of the release; what it sends is kept byte for byte, and later releases must read it.
import { EVENT_TYPES, EVENT_VERSIONS, type NewEvent, TERMINAL_EVENTS } from '../contracts/src/contracts.ts';
import { fixturesOf } from '../contracts/test/fixtures.ts';
import { addPiece, type RecordedRun } from '../contracts/test/museum.ts';
import { append, lockRun } from '../server/src/events/events.ts';
import { asId, type RunId } from '../server/src/ids.ts';
import { type Api, startApi } from '../server/test/http/api.ts';

const PAGE = 50;

/** Every event of the release that ends no run, in the order of the contracts, and then the end. */
function eventsUntil(end: string): NewEvent[] {
  const types = EVENT_TYPES.filter((type) => type === end || (type !== 'run.created' && !TERMINAL_EVENTS.has(type)));
  types.sort((a, b) => Number(a === end) - Number(b === end));
  return types.flatMap((type) => {
    const all = fixturesOf(type, EVENT_VERSIONS[type]);
    const data = type === end ? all.slice(0, 1) : all;
    return data.map((one) => ({ type, actor: actorOf(one), data: one }) as NewEvent);
  });
}

function actorOf(data: object): NewEvent['actor'] {
  const byPerson = 'reason' in data && data.reason === 'denied_by_person';
  return byPerson ? { kind: 'user', id: '0198f2aa-0000-7000-8000-000000000003' } : { kind: 'system', id: 'gateway' };
}

async function record(api: Api, end: string): Promise<RecordedRun> {
  const key = api.tenantA.api_key;
  const asked = { skill: 'web-digest', task: 'Say what the pages say.', input: { urls: ['https://a.example/'] } };
  const id: string = (await api.ask('/v1/runs', { key, json: asked })).json.id;
  const status = end.slice('run.'.length);
  await api.database.admin(`update app.runs set status = 'running' where id = $1`, [id]);
  const principal = await api.principal(key);
  await api.deps.db.atomic(principal, async (tx) => {
    const { epoch } = await lockRun(tx, asId<RunId>(id), { kind: 'control' });
    const worker = { kind: 'worker', epoch } as const;
    await append(tx, await lockRun(tx, asId<RunId>(id), worker), worker, eventsUntil(end));
  });
  await api.database.admin(`update app.runs set status = $2, ended_at = clock_timestamp() where id = $1`, [id, status]);
  const pages: RecordedRun['pages'][number][] = [];
  for (let after = -1; ; ) {
    const page = (await api.ask(`/v1/runs/${id}/events?after=${after}&limit=${PAGE}`, { key })).json;
    pages.push(page);
    if (page.next_cursor === null) break;
    after = Number(page.next_cursor);
  }
  const stream = await api.ask(`/v1/runs/${id}/events`, { key, headers: { accept: 'text/event-stream' } });
  return {
    name: status,
    run: (await api.ask(`/v1/runs/${id}`, { key })).json,
    stream: stream.text,
    pages,
    export: (await api.ask(`/v1/runs/${id}/export`, { key })).text,
  };
}

const [release] = process.argv.slice(2);
if (release === undefined || !/^\d{4}-\d\d-\d\d$/.test(release)) throw new RangeError('name the release: 2026-11-01');
const api = await startApi();
try {
  const runs: RecordedRun[] = [];
  for (const end of TERMINAL_EVENTS) runs.push(await record(api, end));
  addPiece(release, { release, runs });
  process.stdout.write(`${release}: ${runs.map(({ name, run }) => `${name} ${run.last_seq + 1}`).join(', ')} events\n`);
} finally {
  await api.close();
}
