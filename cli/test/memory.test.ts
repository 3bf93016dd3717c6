// S3: what a whole installation takes, database included, at rest and at work. Pages that processes share are counted once (PSS).
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bench, bench } from './instance.ts';

/** Published in docs/operations/nodes.md: a change of these numbers is a change of a promise. */
const AT_REST_MIB = 350;
const AT_WORK_MIB = 450;
const REST_MS = 5_000;

const skip = !existsSync('/proc/self/smaps_rollup') && 'the kernel does not say what processes share';

let place: Bench;
before(() => {
  place = bench();
});
after(() => place.clear());

/** The processes that name the data folder, and all that descend from them. */
function family(): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended just now.
    }
  }
  const members = new Set(place.processes().map((line) => Number.parseInt(line, 10)));
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of parents)
      if (members.has(parent) && !members.has(pid)) {
        members.add(pid);
        grown = true;
      }
  }
  return [...members];
}

function mebibytes(): number {
  let kib = 0;
  for (const pid of family()) {
    try {
      kib += Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      // It ended just now.
    }
  }
  return Math.round(kib / 1024);
}

test('a whole installation rests below its published ceiling, and works below that of a machine with one gigabyte', {
  skip,
}, async (t) => {
  await place.serve([]);
  const run = place.run(['run', '--text', `${'A sally port has two doors. '.repeat(2_000)}`, 'Summarise this']);
  let over = false;
  void run.then(() => {
    over = true;
  });
  let most = 0;
  while (!over) {
    most = Math.max(most, mebibytes());
    await delay(50);
  }
  assert.equal((await run).status, 0, (await run).stderr);
  await delay(REST_MS);
  const rest = mebibytes();
  assert.ok(family().length >= 5, 'the database is counted');
  t.diagnostic(`at rest ${rest} MiB, at work ${most} MiB`);
  assert.ok(rest > 50 && rest <= AT_REST_MIB, `at rest ${rest} MiB, at most ${AT_REST_MIB}`);
  assert.ok(most <= AT_WORK_MIB, `at work ${most} MiB, at most ${AT_WORK_MIB}`);
});
