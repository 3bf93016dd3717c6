import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { cancelRun } from '../../src/runs/runs.ts';
import { openWorkbench, type Site, serveSite, type Workbench } from '../workbench.ts';

let site: Site;
let bench: Workbench;
const held: (() => void)[] = [];

before(async () => {
  site = await serveSite((request, response) => {
    const answer = (): void => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('A plain page with one sentence that is long enough to be kept.');
    };
    if (request.url === '/held') held.push(answer);
    else answer();
  });
  bench = await openWorkbench({ ports: [site.port] });
});
after(async () => {
  await bench.close();
  await site.close();
});

/** The request of a step has reached the site and waits there. */
async function waiting(): Promise<void> {
  while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('a cancel reaches the worker at once, though its step waits for a slow server', async () => {
  const worker = bench.start();
  const id = await bench.createRun({ urls: [`${site.url}/held`] });
  await bench.seen(id, (event) => event.type === 'tool.call.started');
  await bench.database.api.atomic(bench.alice, (tx) => cancelRun(tx, id, bench.alice.userId));
  bench.agent.signals.stopped(id);
  const began = performance.now();
  await worker.close();
  assert.ok(performance.now() - began < 4_000, 'the worker did not wait for the step');
  const run = await bench.run(id);
  assert.equal(run.status, 'cancelled');
  assert.equal((await bench.events(id)).at(-1)?.type, 'run.cancelled', 'nothing was written after it');
  held.splice(0);
});

test('a closing worker lets its step end, gives the run back, and the next one goes on', async () => {
  const first = bench.start();
  const id = await bench.createRun({ urls: [`${site.url}/held`, `${site.url}/a`] });
  await bench.seen(id, (event) => event.type === 'tool.call.started');
  await waiting();
  const closed = first.close();
  for (const answer of held.splice(0)) answer();
  await closed;
  const run = await bench.run(id);
  assert.equal(run.status, 'queued');
  const events = await bench.events(id);
  assert.equal(events.at(-1)?.type, 'tool.call.completed', 'the step at work came to its end');
  const second = bench.start();
  assert.equal((await bench.ended(id)).status, 'succeeded');
  await second.close();
  const { rows } = await bench.database.admin('select count(*)::int as workers from sys.workers');
  assert.equal(rows[0]?.workers, 0, 'no worker row is left behind');
});

test('a drain that is over gives the run back in the middle of a step', async () => {
  const first = bench.start({ drainMs: 50 });
  const id = await bench.createRun({ urls: [`${site.url}/held`] });
  await bench.seen(id, (event) => event.type === 'tool.call.started');
  await first.close();
  assert.equal((await bench.run(id)).status, 'queued');
  held.splice(0);
  const second = bench.start();
  const again = await bench.seen(
    id,
    (event) => event.type === 'tool.call.started' && (event.data as { attempt: number }).attempt === 2,
  );
  assert.ok(again.seq > 0);
  for (const answer of held.splice(0)) answer();
  while ((await bench.run(id)).status === 'running') {
    for (const answer of held.splice(0)) answer();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal((await bench.ended(id)).status, 'succeeded');
  await second.close();
});

test('a step that ended two workers is poisoned: the third does not begin it', async () => {
  const id = await bench.createRun({ urls: [`${site.url}/held`] });
  // Two workers that died in the same call, written as their journal and their takeovers would stand.
  const first = bench.start({ drainMs: 50 });
  await waiting();
  await first.close();
  held.splice(0);
  const second = bench.start({ drainMs: 50 });
  await bench.seen(
    id,
    (event) => event.type === 'tool.call.started' && (event.data as { attempt: number }).attempt === 2,
  );
  await second.close();
  held.splice(0);
  await bench.database.admin('update app.runs set stalls = 2 where id = $1', [id]);
  const third = bench.start();
  const run = await bench.ended(id);
  assert.deepEqual([run.status, run.error_code], ['failed', 'poisoned_step']);
  assert.equal((await bench.verify(id)).ok, true);
  await third.close();
});

test('a worker whose lock session ends claims again under a new lease', async () => {
  const worker = bench.start();
  await bench.ended(await bench.createRun({ urls: [`${site.url}/a`] }));
  await bench.database.admin(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sallyport worker lock' and datname = current_database()",
  );
  const id = await bench.createRun({ urls: [`${site.url}/b`] });
  assert.equal((await bench.ended(id)).status, 'succeeded');
  assert.ok(bench.lines.some((line) => line.includes('worker.lease_lost')));
  await worker.close();
});
