import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DiskBlocks, usedPercent, watchDiskSpace } from '../../src/boot/place/disk-space.ts';
import { createLog } from '../../src/log.ts';

const log = createLog({ level: 'error', write: () => undefined });

test('what is used is reckoned of what this user could use', () => {
  const cases: readonly (readonly [DiskBlocks, number])[] = [
    [{ blocks: 100, bfree: 100, bavail: 100 }, 0],
    [{ blocks: 100, bfree: 50, bavail: 50 }, 50],
    [{ blocks: 100, bfree: 5, bavail: 0 }, 100],
    [{ blocks: 100, bfree: 10, bavail: 5 }, (100 * 90) / 95],
    [{ blocks: 0, bfree: 0, bavail: 0 }, 0],
  ];
  for (const [blocks, percent] of cases) assert.equal(usedPercent(blocks), percent, JSON.stringify(blocks));
});

test('at the limit the disk is full, below it is not, and many questions at once are one look', async () => {
  let bfree = 6;
  let looks = 0;
  const read = async (): Promise<DiskBlocks> => {
    looks++;
    return { blocks: 100, bfree, bavail: bfree };
  };
  const disk = watchDiskSpace({ paths: ['/data'], limitPercent: 95, log, read, freshMs: 0 });
  assert.equal(await disk.full(), false);
  bfree = 5;
  assert.equal(await disk.full(), true);
  looks = 0;
  const slow = watchDiskSpace({ paths: ['/data'], limitPercent: 95, log, read, freshMs: 60_000 });
  assert.deepEqual(await Promise.all([slow.full(), slow.full(), slow.full()]), [true, true, true]);
  assert.equal(looks, 1);
});

test('a disk that cannot be asked stops nothing, and the log says so', async () => {
  const lines: string[] = [];
  const disk = watchDiskSpace({
    paths: ['/nowhere'],
    limitPercent: 95,
    log: createLog({ level: 'debug', write: (line) => lines.push(line) }),
    read: async () => {
      throw new Error('ENOENT');
    },
  });
  assert.equal(await disk.full(), false);
  assert.match(lines.join('\n'), /disk\.unknown/);
});

test('the database may lie on another disk than the data folder: the fuller one counts', async () => {
  const read = async (path: string): Promise<DiskBlocks> => ({
    blocks: 100,
    bfree: path === '/data' ? 90 : 1,
    bavail: path === '/data' ? 90 : 1,
  });
  const disk = watchDiskSpace({ paths: ['/data', '/var/lib/db'], limitPercent: 95, log, read, freshMs: 0 });
  assert.equal(await disk.full(), true);
});
