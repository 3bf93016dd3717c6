// A run of many events: opened, verified and scrolled in a real browser, within bounds of time and memory.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Bench, NO_BROWSER, openBench, until } from './browser.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };
const MANY = 20_000;
/** Longest piece of work of the page's own thread, in time that the thread had: the machine of a test is shared and noisy. */
const LONGEST_TASK_MS = 100;
const MOST_HEAP = 150_000_000;

let bench: Bench;

before(async () => {
  if (NO_BROWSER === undefined) bench = await openBench();
});
after(async () => {
  await bench?.close();
});

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of the thread's own time. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Milliseconds of each task of the page's thread while `act` ran. */
async function tasksDuring(page: Page, act: () => Promise<void>): Promise<number[]> {
  const browser = page.context().browser();
  assert.ok(browser !== null);
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline', '__metadata'] });
  await act();
  const trace = JSON.parse((await browser.stopTracing()).toString('utf8')) as { traceEvents: TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent): string => `${pid}.${tid}`;
  const named = trace.traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const pages = new Set(named.map(thread));
  return trace.traceEvents.flatMap((event) =>
    /RunTask$/.test(event.name) && pages.has(thread(event)) && event.tdur !== undefined ? [event.tdur / 1_000] : [],
  );
}

/** As a wheel does, at 12,000 pixels a second, then as a hand on the bar does: forty places from end to end. */
async function scrollThrough(page: Page): Promise<{ rows: number; moves: number }> {
  return page.evaluate(async () => {
    const grid = document.querySelector('[role=grid]');
    let rows = 0;
    let moves = 0;
    const move = async (top: number): Promise<void> => {
      if (grid !== null) grid.scrollTop = top;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      rows = Math.max(rows, document.querySelectorAll('.event-row').length);
      moves++;
    };
    for (let top = 0; top < 60_000; top += 200) await move(top);
    for (let place = 1; place <= 40; place++) await move(((grid?.scrollHeight ?? 0) * place) / 40);
    return { rows, moves };
  });
}

test(`a run of ${MANY} events scrolls from end to end without long work`, options, async (t) => {
  const id = await bench.startRun(bench.site.slowUrl);
  await until(() => bench.site.waiting() > 0, 'the run asks for the page');
  await bench.fillRun(id, MANY);
  bench.site.release();
  await until(
    async () => (await bench.api<{ status: string }>(`/v1/runs/${id}`)).status === 'succeeded',
    'the run ends',
  );
  const page = await bench.signedIn();
  await page.goto(`${bench.ready.url}/runs/${id}`);
  const { last_seq: last } = await bench.api<{ last_seq: number }>(`/v1/runs/${id}`);
  assert.ok(last > MANY);
  await page.getByText(`${last + 1} events`).waitFor({ timeout: 60_000 });
  await page.getByText(`Chain verified to #${last}`).waitFor({ timeout: 90_000 });
  // What cannot be seen cannot fail: a second of busy work must show as a long task.
  const busy = await tasksDuring(page, () =>
    page.evaluate(() => {
      const until = performance.now() + 1_000;
      while (performance.now() < until);
    }),
  );
  assert.ok(Math.max(...busy) > LONGEST_TASK_MS, 'a long task is seen');
  let scrolled = { rows: 0, moves: 0 };
  const tasks = await tasksDuring(page, async () => {
    scrolled = await scrollThrough(page);
  });
  assert.ok(scrolled.moves > 300 && scrolled.rows > 0 && scrolled.rows < 150);
  assert.ok(tasks.length > scrolled.moves, 'the tasks were recorded');
  const longest = Math.max(...tasks);
  t.diagnostic(`${tasks.length} tasks, the longest ${longest.toFixed(1)} ms; at most ${scrolled.rows} rows drawn`);
  assert.ok(longest <= LONGEST_TASK_MS, `a task of ${longest.toFixed(1)} ms`);
  const heap = await page.evaluate(
    () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
  );
  assert.ok(heap < MOST_HEAP, `${heap} bytes of heap`);
  await page.context().close();
  bench.assertClean();
});
