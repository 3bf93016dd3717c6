// A run of many events: opened, verified and scrolled in a real browser, within bounds of time and memory.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Bench, NO_BROWSER, openBench, until } from './browser.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };
const MANY = 20_000;
/** Longest single piece of work while scrolling, and how many may pass it: the machine of a test is shared and noisy. */
const LONG_TASK_MS = 100;
const MOST_LONG_TASKS = 3;
const MOST_HEAP = 150_000_000;

let bench: Bench;

before(async () => {
  if (NO_BROWSER === undefined) bench = await openBench();
});
after(async () => {
  await bench?.close();
});

/** As a wheel does, at 12,000 pixels a second, then as a hand on the bar does: forty places from end to end. */
async function scrollThrough(page: Page): Promise<{ tasks: number[]; rows: number; moves: number }> {
  return page.evaluate(async () => {
    const tasks: number[] = [];
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) tasks.push(entry.duration);
    });
    const grid = document.querySelector('[role=grid]');
    let rows = 0;
    let moves = 0;
    const move = async (top: number): Promise<void> => {
      if (grid !== null) grid.scrollTop = top;
      await new Promise((resolve) => requestAnimationFrame(resolve));
      rows = Math.max(rows, document.querySelectorAll('.event-row').length);
      moves++;
    };
    await move(0);
    observer.observe({ type: 'longtask' });
    for (let top = 0; top < 60_000; top += 200) await move(top);
    for (let place = 1; place <= 40; place++) await move(((grid?.scrollHeight ?? 0) * place) / 40);
    await new Promise((resolve) => setTimeout(resolve, 500));
    observer.disconnect();
    return { tasks, rows, moves };
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
  // Other work of the machine makes tasks longer, never shorter: the best of three is what the console does.
  let long = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3 && long > MOST_LONG_TASKS; round++) {
    const { tasks, rows, moves } = await scrollThrough(page);
    long = Math.min(long, tasks.filter((ms) => ms > LONG_TASK_MS).length);
    t.diagnostic(`${moves} moves, at most ${rows} rows drawn, tasks over 50 ms: ${tasks.map(Math.round).join(', ')}`);
    assert.ok(moves > 300 && rows > 0 && rows < 150);
  }
  assert.ok(long <= MOST_LONG_TASKS, `${long} tasks over ${LONG_TASK_MS} ms in the best of three rounds`);
  const heap = await page.evaluate(
    () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
  );
  assert.ok(heap < MOST_HEAP, `${heap} bytes of heap`);
  await page.context().close();
  bench.assertClean();
});
