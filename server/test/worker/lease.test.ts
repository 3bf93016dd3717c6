import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LeaseTimes } from '../../src/worker/heartbeat.ts';
import { type TestDatabase, testDatabase } from '../database.ts';
import type { LeaseProcessPlan } from './lease-process.ts';

let database: TestDatabase;
const children = new Set<ChildProcess>();

before(async () => {
  database = await testDatabase();
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await database.drop();
});

async function hold(times: LeaseTimes, busyMs: number) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./lease-process.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const plan: LeaseProcessPlan = { connect: database.connect.worker, prefix: database.prefix, times, busyMs };
  child.stdin?.end(JSON.stringify(plan));
  const lines = createInterface({ input: child.stdout ?? process.stdin })[Symbol.asyncIterator]();
  const next = async (): Promise<string | undefined> => {
    const line = await lines.next();
    return line.done === true ? undefined : line.value;
  };
  const id = await next();
  return { id, next, ended };
}

async function isLive(id: string | undefined): Promise<boolean> {
  const { rows } = await database.admin('select 1 from sys.live_workers() as live(id) where live.id = $1', [id]);
  return rows.length === 1;
}

test('a main thread that computes for longer than the local stop keeps its lease: the heartbeat is a thread of its own', async () => {
  const worker = await hold({ lease: 1_500, renew: 200, localStop: 1_000, stall: 60_000, end: 90_000 }, 3_000);
  assert.ok(await isLive(worker.id));
  assert.equal(await worker.next(), 'held');
  assert.deepEqual(await worker.ended, [0, null]);
});

test('a main thread that stands still is not renewed for, its lease runs out, and it may begin nothing when it wakes', async () => {
  const worker = await hold({ lease: 1_000, renew: 100, localStop: 700, stall: 300, end: 60_000 }, 4_000);
  while (await isLive(worker.id)) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await worker.next(), 'lost');
  assert.deepEqual(await worker.ended, [0, null]);
});

test('a main thread that does not come back is ended', async () => {
  const worker = await hold({ lease: 1_000, renew: 100, localStop: 700, stall: 300, end: 900 }, 120_000);
  assert.deepEqual(await worker.ended, [null, 'SIGKILL']);
  while (await isLive(worker.id)) await new Promise((resolve) => setTimeout(resolve, 20));
});
