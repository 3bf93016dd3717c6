// One look at the console: a theme and a width. What every state of every screen must be in it.
// CONSOLE_SHOTS=folder keeps a picture of each.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { assertAccessible, type Bench, until } from './browser.ts';

const SHOTS = process.env.CONSOLE_SHOTS;

export interface Look {
  readonly name: string;
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
}

export function openLook(bench: Bench, { colorScheme, width }: Look): Promise<Page> {
  return bench.signedIn({ colorScheme, viewport: { width, height: 800 }, reducedMotion: 'reduce' });
}

/** Accessible, and never wider than the window. */
export async function judge(page: Page, look: Look, state: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready);
  if (SHOTS !== undefined) await page.screenshot({ path: join(SHOTS, `${state}-${look.name}.png`) });
  await assertAccessible(page, `${state}, ${look.name}`);
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(sideways <= 0, `${state}, ${look.name}: the page is ${sideways} px too wide`);
}

export async function visit(page: Page, url: string | URL, heading: string): Promise<void> {
  await page.goto(String(url));
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  await until(async () => (await page.locator('.loading').count()) === 0, `${url} is loaded`);
}

export async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
