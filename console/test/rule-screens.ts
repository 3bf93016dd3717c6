// The screens of those who answer for what agents do: held calls, members, usage, retention, audit, posture; the palette; and every list that fails.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { type Bench, NO_BROWSER, until } from './browser.ts';
import { MAIL, READ } from './cards.ts';
import { closeDialog, judge, type Look, openLook, visit as visitUrl } from './look.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };
type Given = () => Bench;

const visit = (bench: Bench, page: Page, path: string, heading: string): Promise<void> =>
  visitUrl(page, new URL(path, bench.ready.url), heading);

function testMembers(look: Look, given: Given): void {
  test('members: one is added, let in by a link and shut out', options, async () => {
    const bench = given();
    const page = await openLook(bench, look);
    await visit(bench, page, '/members', 'Members');
    await page.getByRole('button', { name: 'Add a user' }).click();
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('Say who it is.').waitFor();
    await judge(page, look, 'member-add');
    const name = `Ada ${look.name}`;
    await page.getByRole('textbox', { name: 'Name' }).fill(name);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('button', { name: 'Make the link' }).click();
    const link = (await page.locator('.secret code').textContent()) ?? '';
    assert.match(link, /\/sign-in#[\w-]{22,}$/);
    await judge(page, look, 'member-link');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.ok(!(await page.content()).includes(link));
    await judge(page, look, 'members');
    // The link lets her in, as a viewer: what she may not do is not offered.
    const hers = await (await bench.context()).newPage();
    await hers.goto(link);
    await hers.getByRole('heading', { name: 'Runs', level: 1 }).waitFor();
    assert.equal(await hers.getByRole('button', { name: 'Start a run' }).count(), 0);
    await page.getByRole('button', { name: `Change ${name}` }).click();
    await page.getByText(/^May come in/).click();
    await judge(page, look, 'member-change');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.locator('tr', { hasText: name }).getByText('Disabled').waitFor();
    await hers.reload();
    await hers.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    await hers.context().close();
    await page.context().close();
  });
}

function testUsage(look: Look, given: Given): void {
  test('usage by day and by user, and a budget of the tenant', options, async () => {
    const bench = given();
    const page = await openLook(bench, look);
    await visit(bench, page, '/usage', 'Usage');
    await page.locator('.bars').waitFor();
    await page.getByText('No budget.').waitFor();
    await judge(page, look, 'usage');
    await visit(bench, page, '/usage?by=user&days=7', 'Usage');
    await page.getByRole('region', { name: 'Usage' }).locator('tbody tr').first().waitFor();
    await page.getByRole('button', { name: 'Add a budget' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('At least one of the two limits.').waitFor();
    await judge(page, look, 'budget-add');
    await page.getByRole('textbox', { name: 'Name' }).fill('All agents');
    await page.getByRole('textbox', { name: 'US dollars' }).fill('20');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/^Cost \$0\.00 of \$20\.00/).waitFor();
    await judge(page, look, 'usage-budget');
    await page.context().close();
  });
}

function testRetention(look: Look, given: Given): void {
  test('retention: a wrong number, a longer time, and a shorter one that asks first', options, async () => {
    const bench = given();
    const page = await openLook(bench, look);
    await visit(bench, page, '/retention', 'Retention');
    const days = page.getByRole('textbox', { name: 'Days to keep page' });
    await days.fill('0');
    await page.getByText('1 to 3,650 days').waitFor();
    await judge(page, look, 'retention');
    await days.fill('3000');
    await page.getByRole('button', { name: 'Save' }).click();
    const dialog = page.getByRole('dialog');
    await page.getByText('Saved.').or(dialog).first().waitFor();
    if ((await dialog.count()) > 0) await dialog.getByRole('button', { name: 'Keep it shorter' }).click();
    await page.getByText('Saved.').waitFor();
    await days.fill('20');
    await page.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor();
    await judge(page, look, 'retention-shorter');
    await dialog.getByRole('button', { name: 'Keep it shorter' }).click();
    await dialog.waitFor({ state: 'detached' });
    const { data } = await bench.api<{ data: { data_class: string; days: number }[] }>('/v1/retention');
    assert.equal(data.find((policy) => policy.data_class === 'page')?.days, 20);
    await page.context().close();
  });
}

function testAuditAndPosture(look: Look, given: Given): void {
  test(
    'the audit log is sought and verified, one that was altered is found, and the posture is shown',
    options,
    async () => {
      const bench = given();
      const page = await openLook(bench, look);
      await visit(bench, page, '/audit', 'Audit');
      await page.locator('tbody tr').first().waitFor();
      await page.getByRole('button', { name: 'Verify the chain now' }).click();
      await page.getByText(/^Chain verified to #\d+$/).waitFor();
      await page.locator('summary').first().click();
      await judge(page, look, 'audit');
      await visit(bench, page, '/audit?action=nothing.done', 'Audit');
      await page.getByText('No record fits these filters.').waitFor();
      await judge(page, look, 'audit-filtered');
      await page.route(/\/audit\/export$/, async (route) => {
        const answer = await route.fetch();
        await route.fulfill({ response: answer, body: (await answer.text()).replace('"success"', '"failed"') });
      });
      await page.getByRole('button', { name: 'Verify the chain now' }).click();
      await page.getByText(/^The chain of the audit log is broken at #\d+/).waitFor();
      await judge(page, look, 'audit-broken');
      await page.unrouteAll({ behavior: 'wait' });
      await visit(bench, page, '/posture', 'Posture');
      await page.getByText(/of 9 promises hold\.$/).waitFor();
      await page.locator('summary').first().click();
      await judge(page, look, 'posture');
      await page.context().close();
    },
  );
}

function testPalette(look: Look, given: Given): void {
  test('the palette finds a page, a command and a run', options, async () => {
    const bench = given();
    const page = await openLook(bench, look);
    await page.locator('tbody tr').first().waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').waitFor();
    await judge(page, look, 'palette');
    const { data } = await bench.api<{ data: { id: string }[] }>('/v1/runs?limit=1');
    await page.keyboard.type(data[0]?.id.slice(-12) ?? '');
    await page.getByRole('option', { name: /^Run / }).waitFor();
    await judge(page, look, 'palette-run');
    await page.keyboard.press('Enter');
    await page.waitForURL(new RegExp(`/runs/${data[0]?.id}$`));
    await page.keyboard.press('Control+k');
    await page.keyboard.type('nothing of this name');
    await page.getByText('Nothing of that name.').waitFor();
    await judge(page, look, 'palette-nothing');
    await closeDialog(page);
    await page.context().close();
  });
}

function testApprovals(look: Look, given: Given): void {
  test('held calls: none, one of them, its card, and one that was denied', options, async () => {
    const bench = given();
    const page = await openLook(bench, look);
    await visit(bench, page, '/approvals', 'Approvals');
    await page.getByText('Nothing waits for a person.').waitFor();
    await judge(page, look, 'approvals-empty');
    const before = bench.site.waiting();
    const id = await bench.startRun(bench.site.slowUrl);
    await until(() => bench.site.waiting() > before, 'the run is at work');
    await bench.holdCalls(id, [MAIL, READ], ['call:mail']);
    await visit(bench, page, '/approvals', 'Approvals');
    await page.locator('tbody tr').nth(1).waitFor();
    await judge(page, look, 'approvals');
    await page.getByRole('link', { name: 'mail.send' }).click();
    await page.locator('.approval').waitFor();
    await judge(page, look, 'approval');
    await page.getByRole('button', { name: /^Open all/ }).click();
    await page.getByRole('button', { name: 'Deny' }).scrollIntoViewIfNeeded();
    await judge(page, look, 'approval-opened');
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.locator('.approval .status', { hasText: 'Denied' }).waitFor();
    await judge(page, look, 'approval-denied');
    await visit(bench, page, '/approvals?state=void', 'Approvals');
    await page.getByText('No held call is in this state.').waitFor();
    await judge(page, look, 'approvals-filtered');
    await visit(bench, page, '/runs', 'Runs');
    await page.locator('tr[data-pinned=true]').waitFor();
    await judge(page, look, 'runs-pinned');
    await page.goto(`${bench.ready.url}/runs/${id}?tab=effects`);
    await page.getByRole('button', { name: 'Settle call:mail' }).click();
    await page.getByRole('dialog').waitFor();
    await judge(page, look, 'effect-settle');
    await closeDialog(page);
    bench.site.release();
    await page.context().close();
  });
}

const FAILING: readonly (readonly [string, string, RegExp])[] = [
  ['/runs', 'Runs', /\/v1\/runs\?/],
  ['/approvals', 'Approvals', /\/v1\/approvals\?/],
  ['/artifacts', 'Artifacts', /\/v1\/artifacts\?/],
  ['/entities', 'Entities', /\/v1\/entities\?/],
  ['/keys', 'Keys', /\/v1\/api-keys\?/],
  ['/members', 'Members', /\/v1\/users\?/],
  ['/usage', 'Usage', /\/v1\/(?:usage|budgets|billing)/],
  ['/retention', 'Retention', /\/v1\/retention$/],
  ['/audit', 'Audit', /\/v1\/audit\?/],
  ['/posture', 'Posture', /\/v1\/posture$/],
];

function testFaults(look: Look, given: Given): void {
  test('every list that cannot be had says why, with its code and request id', options, async () => {
    const bench = given();
    const page = await openLook(bench, look);
    for (const [path, heading, asks] of FAILING) {
      await page.route(asks, (route) =>
        route.fulfill({
          status: 500,
          contentType: 'application/problem+json',
          headers: { 'x-request-id': 'req-of-the-test' },
          body: JSON.stringify({ type: 'about:blank', title: 'The server failed.', status: 500, code: 'internal' }),
        }),
      );
      await visit(bench, page, path, heading);
      const note = page.locator('#page').getByRole('alert').first();
      await note.getByText('The server failed.').waitFor();
      await note.getByText('req-of-the-test').waitFor();
      await judge(page, look, `fault-${heading.toLowerCase()}`);
      await page.unrouteAll({ behavior: 'wait' });
    }
    await page.context().close();
  });
}

export function testRuleScreens(look: Look, given: Given): void {
  testApprovals(look, given);
  testMembers(look, given);
  testUsage(look, given);
  testRetention(look, given);
  testAuditAndPosture(look, given);
  testPalette(look, given);
  testFaults(look, given);
}
