import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EventEnvelope } from '@sallyport/contracts';
import { listArtifacts } from '../../src/artifacts/artifacts.ts';
import { listEntities } from '../../src/entities/entities.ts';
import type { RunId } from '../../src/ids.ts';
import { openWorkbench, type Site, serveSite, type Workbench } from '../workbench.ts';
import type { WorkerProcessPlan } from './worker-process.ts';

const KILLS = 20;
const PAGES = 60;
/** Where the holder of the run is killed, in turn, while pages are read; what is between is hit by chance. */
const PLACES = ['tool.call.started', 'artifact.created', 'tool.call.completed'];
/** And after the last page. */
const LAST: Readonly<Record<number, string>> = { [KILLS - 2]: 'model.message', [KILLS - 1]: 'entity.extracted' };

let site: Site;
let bench: Workbench;
const children = new Map<string, ChildProcess>();
/** While it is shut the site answers nobody: the run waits until the next worker stands by. */
const gate = { open: true, waiting: [] as (() => void)[] };

function openGate(): void {
  gate.open = true;
  for (const answer of gate.waiting.splice(0)) answer();
}

before(async () => {
  site = await serveSite((request, response) => {
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        `<!doctype html><title>${request.url}</title><article><h1>${request.url}</h1><p>${'A sentence of the page. '.repeat(30)}</p></article>`,
      );
    };
    if (gate.open) answer();
    else gate.waiting.push(answer);
  });
  bench = await openWorkbench({ ports: [site.port] });
});
after(async () => {
  for (const child of children.values()) child.kill('SIGKILL');
  await bench.close();
  await site.close();
});

async function spawnWorker(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./worker-process.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const plan: WorkerProcessPlan = {
    connect: bench.database.connect.worker,
    prefix: bench.database.prefix,
    blobs: bench.blobRoot,
    skills: fileURLToPath(new URL('../../../skills', import.meta.url)),
    ports: [site.port],
  };
  child.stdin?.end(JSON.stringify(plan));
  await once(child.stdout ?? child, 'data');
  return child;
}

/** The worker row says which process holds the run: the newest worker of that child. */
async function holderOf(id: RunId): Promise<string> {
  const { rows } = await bench.database.admin('select worker::text as worker from app.runs where id = $1', [id]);
  return String(rows[0]?.worker);
}

async function workerIds(): Promise<Set<string>> {
  const { rows } = await bench.database.admin('select id::text as id from sys.workers');
  return new Set(rows.map((row) => String(row.id)));
}

async function addWorker(): Promise<void> {
  const known = await workerIds();
  const child = await spawnWorker();
  const [fresh] = [...(await workerIds())].filter((id) => !known.has(id));
  assert.ok(fresh !== undefined);
  children.set(fresh, child);
}

test('a run whose worker is killed twenty times at different steps resumes within five seconds, and nothing is lost or doubled', async () => {
  const id = await bench.createRun({
    urls: Array.from({ length: PAGES }, (_, index) => `${site.url}/page-${index}`),
    budget: { calls: 200 },
  });
  let mark = -1;
  let slowest = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    gate.open = false;
    while (children.size < 2 || (kill === KILLS - 2 && children.size < 3)) await addWorker();
    openGate();
    const place = LAST[kill] ?? PLACES[kill % PLACES.length];
    await bench.seen(id, (event) => event.seq > mark && event.type === place);
    const holder = await holderOf(id);
    const child = children.get(holder);
    assert.ok(child !== undefined, `no child holds the run: ${holder}`);
    const before = (await bench.events(id)).at(-1)?.seq ?? -1;
    children.delete(holder);
    const killed = performance.now();
    child.kill('SIGKILL');
    const resumed = await bench.seen(id, (event) => event.seq > before && event.type === 'run.resumed');
    slowest = Math.max(slowest, performance.now() - killed);
    gate.open = false;
    // The next kill comes after the run got ahead: a step that ends two workers is poisoned, and that is another test.
    mark = await ahead(id, resumed.seq);
  }
  const run = await bench.ended(id);
  assert.equal(run.status, 'succeeded', JSON.stringify(run));
  await checkWhole(id);
  assert.ok(slowest < 5_000, `the slowest resume took ${Math.round(slowest)} ms`);
});

/** The first event after `seq` that no earlier attempt wrote; the gate is open for as long as that takes. */
async function ahead(id: RunId, seq: number): Promise<number> {
  openGate();
  const event = await bench.seen(
    id,
    (one) => one.seq > seq && one.type !== 'run.resumed' && one.type !== 'step.started' && !isRetry(one),
  );
  gate.open = false;
  return event.seq;
}

function isRetry(event: EventEnvelope): boolean {
  return event.type === 'tool.call.started' && (event.data as { attempt: number }).attempt > 1;
}

async function checkWhole(id: RunId): Promise<void> {
  const events = await bench.events(id);
  assert.deepEqual(
    events.map((event) => event.seq),
    events.map((_, index) => index),
  );
  assert.equal(
    events.filter((event) => event.type === 'run.resumed').length >= 10,
    true,
    'the worker was killed often',
  );
  const outcomes = events.filter((event) => event.type === 'tool.call.completed');
  const ids = outcomes.map((event) => (event.data as { call_id: string }).call_id);
  assert.equal(new Set(ids).size, ids.length, 'no call has two outcomes');
  assert.equal(ids.length, 2 * PAGES + 1);
  assert.equal(events.filter((event) => event.type === 'model.message').length, 4);
  const scope = bench.database.api.tenant(bench.alice);
  assert.equal((await listEntities(scope, { runId: id, limit: 100 })).length, PAGES);
  const artifacts = await listArtifacts(scope, { runId: id, limit: 100 });
  assert.equal(artifacts.filter((artifact) => artifact.data_class === 'page').length, PAGES);
  assert.equal(artifacts.filter((artifact) => artifact.data_class === 'artifact').length, 1);
  const verdict = await bench.verify(id);
  assert.equal(verdict.ok, true, JSON.stringify(verdict));
}
