import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startMark } from '../src/embedded/process-table.ts';
import { clearLeftovers } from './database.ts';

test('only the folder of a run whose process is gone is taken away', async () => {
  const parent = mkdtempSync(join(tmpdir(), 'sp-leftovers-'));
  const lay = (name: string, holder?: string): string => {
    mkdirSync(join(parent, name, 'data'), { recursive: true });
    if (holder !== undefined) writeFileSync(join(parent, name, 'holder'), holder);
    return join(parent, name);
  };
  try {
    const gone = lay('sallyport-test-gone', `${process.pid} another-start\n`);
    const kept = [
      lay('sallyport-test-alive', `${process.pid} ${startMark(process.pid)}\n`),
      lay('sallyport-test-unsigned'),
      lay('data-of-somebody', '1 another-start\n'),
    ];
    assert.deepEqual(await clearLeftovers(parent), [gone]);
    assert.deepEqual([existsSync(gone), ...kept.map((folder) => existsSync(folder))], [false, true, true, true]);
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
});
