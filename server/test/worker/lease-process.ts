// A process that holds a lease with short times and lets its main thread stand still: its plan comes as JSON on stdin.
import { text } from 'node:stream/consumers';
import { type ConnectOptions, createDatabase } from '../../src/db/db.ts';
import { createLog } from '../../src/log.ts';
import type { LeaseTimes } from '../../src/worker/heartbeat.ts';
import { openLease } from '../../src/worker/lease.ts';

export interface LeaseProcessPlan {
  readonly connect: ConnectOptions;
  readonly prefix: string;
  readonly times: LeaseTimes;
  /** How long the main thread computes without a pause. */
  readonly busyMs: number;
}

const plan = JSON.parse(await text(process.stdin)) as LeaseProcessPlan;
const db = createDatabase({ connect: plan.connect, prefix: plan.prefix, max: 2, onFault: () => undefined });
const lease = await openLease(
  { db, direct: plan.connect, rolePrefix: plan.prefix, log: createLog({ level: 'error' }) },
  plan.times,
);
process.stdout.write(`${lease.id}\n`);
await new Promise((resolve) => setTimeout(resolve, 100));
const until = performance.now() + plan.busyMs;
while (performance.now() < until);
// The beat of the main thread has not run yet: what is true now was true before anything else can happen.
process.stdout.write(`${lease.held() ? 'held' : 'lost'}\n`);
await lease.close();
await db.close();
