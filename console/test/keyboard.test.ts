// The console by keys alone, one journey for each of its main screens; and letters that stay letters where they must.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Bench, NO_BROWSER, openBench, until } from './browser.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };
let bench: Bench;
let first: string;
let second: string;

async function endedRun(): Promise<string> {
  const id = await bench.startRun(bench.site.url);
  const status = async (): Promise<string> => (await bench.api<{ status: string }>(`/v1/runs/${id}`)).status;
  await until(async () => (await status()) === 'succeeded', 'the run ends');
  return id;
}

before(async () => {
  if (NO_BROWSER !== undefined) return;
  bench = await openBench();
  first = await endedRun();
  second = await endedRun();
});
after(async () => {
  await bench?.close();
});

const press = async (page: Page, ...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key);
};

/** Goes on with Tab until what is in focus is what is sought. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let steps = 0; steps < 60; steps++) {
    const text = await page.evaluate(() => {
      const at = document.activeElement;
      return at === document.body ? '' : (at?.getAttribute('aria-label') ?? at?.textContent ?? '');
    });
    if (text === name) return;
    await press(page, 'Tab');
  }
  assert.fail(`Tab never came to ${name}`);
}

test('runs: peek with Space, open, go to the neighbour and back, and copy an id', options, async () => {
  const page = await bench.signedIn({ permissions: ['clipboard-write'] });
  await page.locator('tbody tr').nth(1).waitFor();
  await press(page, 'j', ' ');
  await page.locator('.peek', { hasText: 'Run succeeded' }).waitFor();
  await press(page, 'c');
  await page.getByText(`Copied ${second.slice(0, 8)}…${second.slice(-4)}`).waitFor();
  await press(page, 'Escape');
  await page.locator('.peek').waitFor({ state: 'detached' });
  await press(page, 'Enter');
  await page.waitForURL(new RegExp(`/runs/${second}$`));
  await page.getByText(/^Chain verified to/).waitFor();
  await press(page, ']');
  await page.waitForURL(new RegExp(`/runs/${first}$`));
  await press(page, '[');
  await page.waitForURL(new RegExp(`/runs/${second}$`));
  await press(page, 'Escape');
  await page.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
  await press(page, '/');
  await page.keyboard.type(first.slice(-12));
  await page.waitForURL(/text=/);
  await until(async () => (await page.locator('tbody tr').count()) === 1, 'one run fits');
  await page.context().close();
});

test('a run: its messages are folded and opened, its divider moves and stays', options, async () => {
  const page = await bench.signedIn();
  await page.goto(`${bench.ready.url}/runs/${first}?tab=messages`);
  await page.locator('.message[open]').first().waitFor();
  await press(page, 'w');
  assert.equal(await page.locator('.message[open]').count(), 0);
  await press(page, 'e');
  assert.ok((await page.locator('.message[open]').count()) > 0);
  await page.goto(`${bench.ready.url}/runs/${first}?event=3`);
  const divider = page.getByRole('separator');
  await divider.focus();
  await press(page, 'ArrowRight', 'ArrowRight');
  assert.equal(await divider.getAttribute('aria-valuenow'), '55');
  await page.reload();
  assert.equal(await page.getByRole('separator').getAttribute('aria-valuenow'), '55');
  await page.getByRole('separator').focus();
  await press(page, 'Home');
  assert.equal(await page.getByRole('separator').getAttribute('aria-valuenow'), '25');
  await page.context().close();
});

test('a run that came since waits above the list until it is asked for', options, async () => {
  const page = await bench.signedIn();
  await page.locator('tbody tr').nth(1).waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  const rows = await page.locator('tbody tr').count();
  const third = await endedRun();
  await page.getByRole('button', { name: '1 new' }).waitFor();
  assert.equal(await page.locator('tbody tr').count(), rows);
  await tabTo(page, '1 new');
  await press(page, 'Enter');
  await page.locator(`tr[data-id="${third}"]`).waitFor();
  assert.equal(await page.getByRole('button', { name: '1 new' }).count(), 0);
  await page.context().close();
});

test('keys: one is made and rotated without the mouse', options, async () => {
  const page = await bench.signedIn();
  await press(page, 'Control+k');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.type('create a key');
  await press(page, 'Enter');
  await page.getByRole('dialog', { name: 'Create a key' }).waitFor();
  await page.getByRole('textbox', { name: 'Name' }).focus();
  await page.keyboard.type('by-keys');
  await press(page, 'Enter');
  await page.getByText('This is the only time that the key is shown.').waitFor();
  await page.getByRole('checkbox', { name: 'I have stored it' }).focus();
  await press(page, 'Space');
  await tabTo(page, 'Done');
  await press(page, 'Enter');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Rotate by-keys' }).focus();
  await press(page, 'Enter');
  await page.getByRole('dialog', { name: 'Rotate this key?' }).waitFor();
  await tabTo(page, 'Cancel');
  await press(page, 'Tab', 'Enter');
  await page.getByText(/^The old key, /).waitFor();
  await page.context().close();
});

test('g and a letter go to each page that answers for the agents', options, async () => {
  const page = await bench.signedIn();
  const places = { m: 'Members', u: 'Usage', t: 'Retention', d: 'Audit', p: 'Posture', k: 'Keys', r: 'Runs' };
  for (const [letter, heading] of Object.entries(places)) {
    await press(page, 'g', letter);
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  }
  await page.context().close();
});

test(
  'letters are text inside a field, and are nothing once they were turned off, also after a reload',
  options,
  async () => {
    const page = await bench.signedIn();
    await page.locator('tbody tr').first().waitFor();
    const field = page.getByRole('searchbox');
    await field.focus();
    await page.keyboard.type('gk?jw');
    assert.equal(await field.inputValue(), 'gk?jw');
    assert.equal(await page.getByRole('dialog').count(), 0);
    await page.goto(`${bench.ready.url}/runs`);
    await page.locator('tbody tr').first().waitFor();
    await press(page, '?');
    await page.getByText('Single letters act outside of fields').click();
    await press(page, 'Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('tbody tr').first().waitFor();
    await press(page, 'g', 'k', '?', 'j');
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.match(page.url(), /\/runs$/);
    await press(page, 'Control+k');
    await page.getByRole('combobox').waitFor();
    await page.context().close();
  },
);

test('no page broke its policy or logged an error', options, () => {
  bench.assertClean();
});
