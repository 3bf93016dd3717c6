// Every small part in every state: accessible in both themes and on a narrow display, under the console's policy, and not in what is shipped.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildConsole } from '../../scripts/build-console.ts';
import { type ServedGallery, serveGallery } from '../gallery/serve.ts';
import { launchBrowser, NO_BROWSER, watchPages } from './browser.ts';
import { closeDialog, judge } from './look.ts';

const options = NO_BROWSER === undefined ? {} : { skip: NO_BROWSER };
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COMPONENTS = join(ROOT, 'console/src/components');
/** What takes its data from a session, and is tried on the screens. */
const OF_A_SESSION = ['live-mark'];

let gallery: ServedGallery;
before(async () => {
  if (NO_BROWSER === undefined) gallery = await serveGallery();
});
after(async () => {
  await gallery?.close();
});

for (const [name, colorScheme, width] of [
  ['light', 'light', 1280],
  ['dark', 'dark', 1280],
  ['small', 'light', 360],
] as const)
  test(`the gallery is accessible and inside its policy, ${name}`, options, async () => {
    const browser = await launchBrowser();
    try {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 }, locale: 'en-US' });
      const faults: string[] = [];
      await watchPages(context, faults);
      const page = await context.newPage();
      await page.goto(gallery.url);
      await page.getByRole('heading', { name: 'Gallery' }).waitFor();
      await judge(page, { name, colorScheme, width }, 'gallery');
      await page.getByRole('button', { name: 'Open the dialog' }).click();
      await page.getByRole('dialog').waitFor();
      await judge(page, { name, colorScheme, width }, 'gallery-dialog');
      await closeDialog(page);
      // It is given back in the frame after the one in which the dialog went.
      await page.waitForFunction(() => document.activeElement?.textContent === 'Open the dialog');
      assert.deepEqual(faults, []);
    } finally {
      await browser.close();
    }
  });

test('every component stands in the gallery', async () => {
  const parts = (await readdir(COMPONENTS)).filter((name) => name.endsWith('.tsx')).map((name) => name.slice(0, -4));
  const rooms = ['marks', 'controls', 'texts'].map((name) =>
    readFile(join(ROOT, `console/gallery/${name}.tsx`), 'utf8'),
  );
  const text = (await Promise.all(rooms)).join('\n');
  const absent = parts.filter((part) => !OF_A_SESSION.includes(part) && !text.includes(`components/${part}.tsx'`));
  assert.deepEqual(absent, []);
});

test('the gallery is no part of what is shipped', async () => {
  await buildConsole(ROOT);
  const folder = join(ROOT, 'console/dist/assets');
  const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  assert.ok(scripts.length > 3);
  for (const name of scripts)
    assert.ok(!(await readFile(join(folder, name), 'utf8')).includes('It holds the focus until it is closed.'), name);
});
