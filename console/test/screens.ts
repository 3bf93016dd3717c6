// Every screen and every state of it in one look: accessible, inside its policy, never wider than the window.
// A look is a test file of its own, with a server of its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Bench, NO_BROWSER, openBench, until } from './browser.ts';
import { closeDialog, judge, type Look, openLook, visit as visitUrl } from './look.ts';
import { testRuleScreens } from './rule-screens.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };

let bench: Bench;
let done: string;
let labelled: number;

const visit = (page: Page, path: string, heading: string): Promise<void> =>
  visitUrl(page, new URL(path, bench.ready.url), heading);
const open = (look: Look): Promise<Page> => openLook(bench, look);

function testEmptyLists(look: Look): void {
  test(`sign-in, and every list while it is empty`, options, async () => {
    const stranger = await (
      await bench.context({ colorScheme: look.colorScheme, viewport: { width: look.width, height: 800 } })
    ).newPage();
    await visit(stranger, '/sign-in', 'Sign in');
    await judge(stranger, look, 'sign-in');
    await stranger.getByLabel('API key').fill('sp_live_wrong');
    await stranger.getByRole('button', { name: 'Sign in' }).click();
    await stranger.getByText('This is no key that the server knows.').waitFor();
    await judge(stranger, look, 'sign-in-refused');
    // Without a session every address leads here.
    await visit(stranger, '/runs', 'Sign in');
    await stranger.context().close();

    const page = await open(look);
    await page.getByText('No run yet.').waitFor();
    await judge(page, look, 'runs-empty');
    await page.getByRole('button', { name: 'Start a run' }).first().click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByText('Name at least one page.').waitFor();
    await judge(page, look, 'start-run-faults');
    await closeDialog(page);
    await visit(page, '/artifacts', 'Artifacts');
    await page.getByText('No artifact yet.').waitFor();
    await judge(page, look, 'artifacts-empty');
    await visit(page, '/entities', 'Entities');
    await page.getByText('No entity yet.').waitFor();
    await judge(page, look, 'entities-empty');
    await page.context().close();
  });
}

/** A run that waits for its page, for as long as a page may take. */
async function startSlowly(): Promise<string> {
  const before = bench.site.waiting();
  const id = await bench.startRun(bench.site.slowUrl);
  await until(() => bench.site.waiting() > before, 'the run waits for its page');
  return id;
}

function testMakesRun(): void {
  test('a run for the screens ends well', options, async () => {
    done = await bench.startRun(bench.site.url);
    const status = async (): Promise<string> => (await bench.api<{ status: string }>(`/v1/runs/${done}`)).status;
    await until(async () => (await status()) === 'succeeded', 'the run ends');
    const { data } = await bench.api<{ data: { seq: number; type: string }[] }>(`/v1/runs/${done}/events`);
    labelled = data.find(({ type }) => type === 'tool.call.completed')?.seq ?? -1;
    assert.ok(labelled > 0);
  });
}

function testEndedRun(look: Look): void {
  test(`runs, and one that has ended`, options, async () => {
    const page = await open(look);
    await page.locator('tbody tr').first().waitFor();
    await judge(page, look, 'runs');
    await page.locator('.peek-button').first().click();
    await page.locator('.peek').waitFor();
    await judge(page, look, 'runs-peek');
    await visit(page, '/runs?status=cancelled', 'Runs');
    await page.getByText('No run fits these filters.').waitFor();
    await judge(page, look, 'runs-filtered');
    await page.goto(`${bench.ready.url}/runs/${done}`);
    await page.getByText(/^Chain verified to #\d+$/).waitFor();
    await page.locator('.event-line', { hasText: 'web.scrape' }).first().waitFor({ state: 'attached' });
    await judge(page, look, 'run');
    await page.goto(`${bench.ready.url}/runs/${done}?event=${labelled}`);
    await page.getByRole('tab', { name: 'Labels' }).click();
    await page.locator('.event-panel .origin').waitFor();
    await judge(page, look, 'run-event-labels');
    await page.getByRole('tab', { name: 'Arguments' }).click();
    await page.getByText('Arguments, written by the model').waitFor();
    await judge(page, look, 'run-event-arguments');
    await page.getByRole('tab', { name: 'Effect', exact: true }).click();
    await page.locator('.event-panel .status', { hasText: 'Done' }).waitFor();
    await judge(page, look, 'run-event-effect');
    await page.getByRole('tab', { name: 'Raw' }).click();
    await judge(page, look, 'run-event-raw');
    await page.goto(`${bench.ready.url}/runs/${done}?show=tainted`);
    await page.getByRole('button', { name: `Tainted from #${labelled}` }).waitFor();
    await page.locator('.event-row[data-tainted=true]').first().waitFor();
    await judge(page, look, 'run-tainted');
    await page.goto(`${bench.ready.url}/runs/${done}?event=3`);
    await page.getByText('Text of the model').waitFor();
    await judge(page, look, 'run-event-message');
    for (const tab of ['steps', 'messages', 'artifacts', 'entities', 'effects', 'usage']) {
      await page.goto(`${bench.ready.url}/runs/${done}?tab=${tab}`);
      await page
        .locator(tab === 'steps' ? '.step' : tab === 'messages' ? '.message' : '[role=tabpanel] tbody tr')
        .first()
        .waitFor();
      await judge(page, look, `run-${tab}`);
    }
    await page.context().close();
  });
}

function testOtherRuns(look: Look): void {
  test(`a run at work, an unknown event, a broken chain, a fault`, options, async () => {
    const page = await open(look);
    const atWork = await startSlowly();
    await page.goto(`${bench.ready.url}/runs/${atWork}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('Tool call started').waitFor();
    await judge(page, look, 'run-at-work');
    await page.getByRole('button', { name: 'Cancel the run' }).click();
    await page.getByRole('dialog').waitFor();
    await judge(page, look, 'run-cancel');
    await closeDialog(page);

    // A newer server, and one that lies: their answers are changed on the way.
    await page.route(/\/events\?/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        body: (await answer.text()).replaceAll('"tool.call.requested"', '"tool.call.foreseen"'),
      });
    });
    await page.route(/\/export$/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        body: (await answer.text()).replace('"model.message"', '"model.massage"'),
      });
    });
    await page.goto(`${bench.ready.url}/runs/${done}?event=4`);
    await page.getByText(/^The chain of run \S+ is broken at #3/).waitFor();
    await page.getByText('This console does not know').waitFor();
    assert.equal(await page.locator('.event-panel .tab-panel button').count(), 0);
    await judge(page, look, 'run-unknown-and-broken');
    await page.unrouteAll({ behavior: 'wait' });

    await page.goto(`${bench.ready.url}/runs/${atWork.slice(0, -4)}0000`);
    await page.getByRole('alert').getByText('not_found').waitFor();
    await judge(page, look, 'run-missing');
    await page.context().close();
  });
}

/** The successor is shown once, both keys work, and the overlap is ended before its time. */
async function rotateAndEnd(page: Page, look: Look): Promise<void> {
  const name = `ci-${look.name}`;
  await page.getByRole('button', { name: `Rotate ${name}` }).click();
  await page.getByRole('dialog').waitFor();
  await judge(page, look, 'key-rotate');
  await page.getByRole('dialog').getByRole('button', { name: 'Rotate' }).click();
  await page.getByText(/^The old key, .* stops in 23 h/).waitFor();
  await judge(page, look, 'key-rotated');
  const secret = (await page.locator('.secret code').first().textContent()) ?? '';
  assert.match(secret, /^sp_live_/);
  await page.getByText('I have stored it').click();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.ok(!(await page.content()).includes(secret));
  await page.getByText(/^Overlap, 23 h/).waitFor();
  await judge(page, look, 'keys-overlap');
  await page.getByRole('button', { name: `End the overlap of ${name}` }).click();
  await page.getByRole('dialog').waitFor();
  await judge(page, look, 'key-end-overlap');
  await page.getByRole('dialog').getByRole('button', { name: 'End the overlap' }).click();
  await page.locator('tr', { hasText: name }).getByText('Revoked').waitFor();
}

function testOtherScreens(look: Look): void {
  test(`artifacts, entities, keys, settings`, options, async () => {
    const page = await open(look);
    await visit(page, '/artifacts', 'Artifacts');
    await judge(page, look, 'artifacts');
    await page.locator('tbody tr', { hasText: 'text/html' }).first().getByRole('link').click();
    await page.locator('.unseen').first().waitFor();
    await judge(page, look, 'artifact');
    await visit(page, '/entities', 'Entities');
    await page.locator('summary').first().click();
    await judge(page, look, 'entities');
    await visit(page, '/keys', 'Keys');
    await judge(page, look, 'keys');
    await page.getByRole('button', { name: 'Create a key' }).click();
    await page.getByRole('dialog').waitFor();
    await judge(page, look, 'key-create');
    await page.getByRole('textbox', { name: 'Name' }).fill(`ci-${look.name}`);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('This is the only time that the key is shown.').waitFor();
    await judge(page, look, 'key-made');
    // The text of the key cannot be lost by a slip: the dialog asks first.
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Say that you have stored the key').waitFor();
    await page.getByText('I have stored it').click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await rotateAndEnd(page, look);
    if (look.width < 768) await page.getByRole('button', { name: 'Menu' }).click();
    await judge(page, look, 'menu');
    await page.getByRole('button', { name: 'Settings and keys' }).click();
    await page.getByRole('dialog').waitFor();
    await judge(page, look, 'settings');
    await closeDialog(page);
    await page.context().close();
  });
}

export function testScreens(look: Look): void {
  before(async () => {
    if (NO_BROWSER === undefined) bench = await openBench();
  });
  after(async () => {
    await bench?.close();
  });
  testEmptyLists(look);
  testMakesRun();
  testEndedRun(look);
  testOtherRuns(look);
  testOtherScreens(look);
  testRuleScreens(look, () => bench);
  test('no page broke its policy or logged an error', options, () => {
    bench.assertClean();
  });
}
