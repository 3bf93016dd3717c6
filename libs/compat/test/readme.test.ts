import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('the example of the README runs as it is printed', async () => {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const readme = await readFile(join(folder, '../README.md'), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  assert.match(example, /compare/);
  // Beside the tests, so that the package is found by its name.
  const own = await mkdtemp(join(folder, 'readme-'));
  try {
    const file = join(own, 'example.mts');
    await writeFile(file, example);
    await import(file);
  } finally {
    await rm(own, { recursive: true });
  }
});
