// What people do with held calls, in a real browser on a real server: nothing is approved by a slip, by haste, or by one who may not.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Approval, ApprovalCard, ApprovalSummary, Effect } from '@sallyport/contracts';
import type { Page } from 'playwright-core';
import { type Bench, NO_BROWSER, openBench, until } from './browser.ts';
import { MAIL, READ } from './cards.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };
/** A person reads for longer than the console takes for haste. */
const LOOK_MS = 2_100;
let bench: Bench;
/** What the browser takes for now, on every page: how fast a hand goes is told, not waited for. */
let now = Date.now();

async function later(page: Page, ms: number): Promise<void> {
  now += ms;
  await page.clock.setFixedTime(now);
}

before(async () => {
  if (NO_BROWSER === undefined) bench = await openBench();
});
after(async () => {
  await bench?.close();
});

const stateOf = async (id: string): Promise<string> => (await bench.api<Approval>(`/v1/approvals/${id}`)).state;

/** A run that waits for its page; it does not wait for ever, so each test has its own. */
async function atWork(): Promise<string> {
  const before = bench.site.waiting();
  const id = await bench.startRun(bench.site.slowUrl);
  await until(() => bench.site.waiting() > before, 'the run is at work');
  return id;
}

async function held(...cards: ApprovalCard[]): Promise<string[]> {
  await bench.holdCalls(await atWork(), cards);
  const { data } = await bench.api<{ data: ApprovalSummary[] }>(`/v1/approvals?state=pending&limit=${cards.length}`);
  assert.equal(data.length, cards.length);
  return data.map(({ id }) => id);
}

async function openCard(page: Page, id: string): Promise<void> {
  await later(page, 0);
  await page.goto(`${bench.ready.url}/approvals/${id}`);
  await page.locator('.approval').waitFor();
}

const approve = (page: Page) => page.getByRole('button', { name: 'Approve this call' });
const reason = (page: Page) => page.getByRole('textbox', { name: 'Your reason' });

test(
  'a held mail is approved only after it was opened, its domain typed and a reason said, and by no letter key',
  options,
  async () => {
    const [id = ''] = await held(MAIL);
    const page = await bench.signedIn();
    await later(page, 0);
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.getByRole('heading', { name: 'Approvals', level: 1 }).waitFor();
    await page.locator(`tr[data-id="${id}"]`).getByRole('link', { name: 'mail.send' }).click();
    await page.locator('.approval').waitFor();
    assert.equal(await approve(page).isDisabled(), true);
    // What others wrote is text, its hidden signs by name, and their addresses are no links.
    assert.equal(await page.locator('.inert pre :is(a, img)').count(), 0);
    await page.getByText('it looks like an address of your task, and is another').waitFor();
    await page.getByRole('button', { name: /^Open all .* of body/ }).click();
    assert.ok((await page.locator('.unseen', { hasText: 'U+202E' }).count()) > 0);
    await page.getByRole('textbox', { name: 'Type the domain to approve' }).fill('shop.example');
    await reason(page).fill('It was asked for.');
    assert.equal(await approve(page).isDisabled(), true);
    await page.getByRole('textbox', { name: 'Type the domain to approve' }).fill('sh0p.example');
    await page.keyboard.press('Enter');
    await reason(page).focus();
    await page.keyboard.press('Enter');
    await page.locator('h1').click();
    await page.keyboard.press('a');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Approve this call');
    await page.keyboard.press('d');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Deny');
    assert.equal(await stateOf(id), 'pending');
    await later(page, LOOK_MS);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('.approval .status', { hasText: 'Approved' }).waitFor();
    assert.equal(await stateOf(id), 'approved');
    await page.getByText('It was asked for.').waitFor();
    assert.equal(await approve(page).count(), 0);
    await page.context().close();
  },
);

test(
  'a decision in haste is not taken, and a third approval within seconds asks to look at the last one',
  options,
  async () => {
    const page = await bench.signedIn();
    const decide = async (wait = LOOK_MS): Promise<string> => {
      const [id = ''] = await held(READ);
      await openCard(page, id);
      await reason(page).fill('ours');
      await later(page, wait);
      await approve(page).click();
      return id;
    };
    const hasty = await decide(0);
    await page.getByText('That was very fast.').waitFor();
    assert.equal(await stateOf(hasty), 'pending');
    const approved = (): Promise<void> => page.locator('.approval .status', { hasText: 'Approved' }).waitFor();
    for (let times = 0; times < 2; times++) {
      await decide();
      await approved();
    }
    const third = await decide();
    await page.getByText('Three approvals within 20 seconds').waitFor();
    assert.equal(await stateOf(third), 'pending');
    await page.getByRole('link', { name: /^the last one/ }).click();
    await page.locator('.approval[data-open=false]').waitFor();
    await decide();
    await approved();
    await page.context().close();
  },
);

test('a call is denied with an offered phrase, beside another that still waits', options, async () => {
  const [id = '', other = ''] = await held(READ, MAIL);
  const page = await bench.signedIn();
  await openCard(page, id);
  await page
    .getByRole('link', { name: /^mail\.send|^web\.scrape/ })
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Not asked for by the task.' }).click();
  await page.getByRole('button', { name: 'Deny' }).click();
  await page.locator('.approval .status', { hasText: 'Denied' }).waitFor();
  assert.deepEqual([await stateOf(id), await stateOf(other)], ['denied', 'pending']);
  await page.context().close();
});

test('a card whose digest is not the one that was looked at is void, whatever is pressed', options, async () => {
  const [id = ''] = await held(READ);
  const page = await bench.signedIn();
  await page.route(new RegExp(`/v1/approvals/${id}$`), async (route) => {
    const answer = await route.fetch();
    const card = (await answer.json()) as Approval;
    await route.fulfill({ response: answer, json: { ...card, digest: '0'.repeat(64) } });
  });
  await openCard(page, id);
  await reason(page).fill('ours');
  await later(page, LOOK_MS);
  await approve(page).click();
  await page.getByText('Void: the arguments changed.').waitFor();
  assert.equal(await stateOf(id), 'pending');
  await page.unrouteAll({ behavior: 'wait' });
  await page.context().close();
});

test('who started the run cannot approve where the tenant forbids it, and is told', options, async () => {
  const policy = await fetch(new URL('/v1/approval-policy', bench.ready.url), {
    method: 'PUT',
    headers: { authorization: `Bearer ${bench.ready.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ starter_may_approve: false, seats: 2, expires_in: 3_600 }),
  });
  assert.equal(policy.status, 200, await policy.text());
  const [id = ''] = await held(READ);
  const page = await bench.signedIn();
  await openCard(page, id);
  await page.getByText('You started this run').waitFor();
  await page.getByText('0 of 2 people approved').waitFor();
  await reason(page).fill('ours');
  assert.equal(await approve(page).isDisabled(), true);
  await page.context().close();
});

test('an effect of an unknown end pins its run and is settled by a person with evidence', options, async () => {
  const run = await atWork();
  await bench.holdCalls(run, [], ['call:mail']);
  const page = await bench.signedIn();
  // The list may know of the run before it knows that somebody must look at it.
  await page.locator(`tr[data-id="${run}"][data-pinned="true"]`).getByText('Unknown 1').waitFor();
  await page.goto(`${bench.ready.url}/runs/${run}?tab=effects`);
  await page.getByRole('button', { name: 'Settle call:mail' }).click();
  await page.getByRole('button', { name: 'Settle it' }).click();
  await page.getByText('Choose one of the three.').waitFor();
  await page.getByText('It did not happen', { exact: true }).click();
  await page.getByRole('textbox', { name: 'Evidence' }).fill('The outbox is empty.');
  await page.getByRole('button', { name: 'Settle it' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const { data } = await bench.api<{ data: Effect[] }>(`/v1/runs/${run}/effects`);
  assert.equal(data.find(({ key }) => key === 'call:mail')?.state, 'failed');
  await page.context().close();
});

test('no page broke its policy or logged an error', options, () => {
  bench.assertClean();
});
