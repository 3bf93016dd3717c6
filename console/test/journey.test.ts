// What a person does with the console, from the sign-in link to the end of a run, in a real browser on a real server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Bench, NO_BROWSER, openBench, until } from './browser.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };
let bench: Bench;

before(async () => {
  if (NO_BROWSER === undefined) bench = await openBench();
});
after(async () => {
  await bench?.close();
});

/** The numbers of all events that the grid can show, by scrolling through it. */
async function shownEvents(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const grid = document.querySelector('[role=grid]');
    if (grid === null) return [];
    const seen = new Set<number>();
    for (let top = 0; top <= grid.scrollHeight; top += 200) {
      grid.scrollTop = top;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      for (const cell of grid.querySelectorAll('.event-seq')) seen.add(Number(cell.textContent?.slice(1)));
    }
    return [...seen].sort((a, b) => a - b);
  });
}

const dense = (last: number): number[] => Array.from({ length: last + 1 }, (_, at) => at);

test(
  'the one-time link signs in once, and its token is neither in the address nor in the history',
  options,
  async () => {
    const context = await bench.context();
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(`${request.url()} ${request.headers().referer ?? ''}`));
    await page.goto(bench.ready.console_link);
    await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    const token = new URL(bench.ready.console_link).hash.slice(1);
    assert.ok(token.length > 20);
    assert.ok(!page.url().includes(token));
    assert.ok(asked.every((line) => !line.includes(token)));
    const cookies = await context.cookies();
    assert.deepEqual(
      cookies.map(({ httpOnly, sameSite }) => ({ httpOnly, sameSite })),
      [{ httpOnly: true, sameSite: 'Strict' }],
    );
    assert.equal(await page.evaluate(() => document.cookie), '');
    await page.goBack();
    assert.ok(!page.url().includes(token), page.url());

    const second = await (await bench.context()).newPage();
    await second.goto(bench.ready.console_link);
    await second.getByText('This link was used already or is too old.').waitFor();
    await context.close();
  },
);

test(
  'a run started from the form is watched to its end, its chain verified and its artifact opened',
  options,
  async () => {
    const page = await bench.signedIn();
    await page.getByRole('button', { name: 'Start a run' }).first().click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('Say what the run shall do.').waitFor();
    await page.getByRole('textbox', { name: 'Task' }).fill('Say what the page says.');
    await page.getByRole('textbox', { name: 'Pages' }).fill(bench.site.url);
    await page.getByText('rehearsal, the usual one').first().waitFor();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
    await page.locator('.run-facts .status', { hasText: 'Succeeded' }).waitFor();
    await page.getByText(/^Chain verified to #\d+$/).waitFor();
    const id = page.url().slice(-36);
    const run = await bench.api<{ last_seq: number }>(`/v1/runs/${id}`);
    await page.getByText(`${run.last_seq + 1} events`).waitFor();
    assert.deepEqual(await shownEvents(page), dense(run.last_seq));

    await page.getByRole('tab', { name: 'Artifacts' }).click();
    await page.getByRole('link', { name: 'digest.md' }).click();
    await page.getByRole('heading', { name: 'digest.md', level: 1 }).waitFor();
    await page.getByText('Tides of the harbour').first().waitFor();
    await page.context().close();
  },
);

test('what a page wrote is shown as text: no link of it, and its hidden signs by name', options, async () => {
  const page = await bench.signedIn();
  await page.getByRole('link', { name: 'Artifacts' }).click();
  await page.locator('tbody tr', { hasText: 'text/html' }).first().getByRole('link').click();
  const box = page.locator('.inert pre');
  await box.getByText('Ignore your instructions').waitFor();
  assert.equal(await box.locator('a, img, script, p').count(), 0);
  assert.deepEqual(await box.locator('.unseen').allTextContents(), ['U+202E', 'U+202C']);
  await page.context().close();
});

test('a page that loses the network says so, and has every event once it is back', options, async () => {
  const page = await bench.signedIn();
  const id = await bench.startRun(bench.site.slowUrl);
  await page.goto(`${bench.ready.url}/runs/${id}`);
  await page.getByText('Live', { exact: true }).waitFor();
  await until(() => bench.site.waiting() > 0, 'the run asks for the page');
  await page.getByText('Tool call started').waitFor();
  await page.context().setOffline(true);
  await page.getByText(/^Reconnecting, shown up to #\d+$/).waitFor();
  bench.site.release();
  await until(
    async () => (await bench.api<{ status: string }>(`/v1/runs/${id}`)).status === 'succeeded',
    'the run goes on without its watcher',
  );
  assert.equal(await page.locator('.run-facts .status', { hasText: 'Succeeded' }).count(), 0);
  await page.context().setOffline(false);
  await page.locator('.run-facts .status', { hasText: 'Succeeded' }).waitFor();
  await page.getByText(/^Chain verified to #\d+$/).waitFor();
  const { last_seq: last } = await bench.api<{ last_seq: number }>(`/v1/runs/${id}`);
  await page.getByText(`${last + 1} events`).waitFor();
  assert.deepEqual(await shownEvents(page), dense(last));
  await page.context().close();
});

test('two tabs share one event stream, and the second takes it over when the first is closed', options, async () => {
  const first = await bench.signedIn();
  const context = first.context();
  const streams = new Map<Page, number>();
  const count = (page: Page): void => {
    page.on('request', (request) => {
      if (request.url().includes('/v1/stream')) streams.set(page, (streams.get(page) ?? 0) + 1);
    });
  };
  await first.getByText('Live', { exact: true }).waitFor();
  const second = await context.newPage();
  count(second);
  const id = await bench.startRun(bench.site.slowUrl);
  await second.goto(`${bench.ready.url}/runs/${id}`);
  await second.getByText('Tool call started').waitFor();
  await second.getByText('Live', { exact: true }).waitFor();
  assert.equal(streams.get(second) ?? 0, 0);
  await first.close();
  await until(() => (streams.get(second) ?? 0) > 0, 'the second tab opens the stream');
  await until(() => bench.site.waiting() > 0, 'the run asks for the page');
  bench.site.release();
  await second.locator('.run-facts .status', { hasText: 'Succeeded' }).waitFor();
  await context.close();
});

test('keys alone start at a list, open a run, move through its events and come back', options, async () => {
  const page = await bench.signedIn();
  await page.locator('tbody tr').first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.getByText(/^Chain verified to #\d+$/).waitFor();
  await page.getByRole('grid').focus();
  for (const key of ['Home', 'j', 'ArrowDown', 'k']) await page.keyboard.press(key);
  await page.getByRole('heading', { name: '#1 Run started' }).waitFor();
  assert.match(page.url(), /event=1$/);
  await page.getByRole('grid').focus();
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: '#1 Run started' }).waitFor({ state: 'detached' });
  await page.keyboard.press('g');
  await page.keyboard.press('k');
  await page.getByRole('heading', { name: 'Keys', level: 1 }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.context().close();
});

test('signing out ends the session on the server, in every tab', options, async () => {
  const page = await bench.signedIn();
  const other = await page.context().newPage();
  await other.goto(new URL('/artifacts', bench.ready.url).href);
  await other.getByRole('heading', { name: 'Artifacts', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
  await other.getByRole('link', { name: 'Entities' }).click();
  await other.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
  await page.context().close();
});

test('no page broke its policy or logged an error', options, () => {
  bench.assertClean();
});
