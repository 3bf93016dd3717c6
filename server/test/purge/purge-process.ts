// A node that purges, in a process of its own, to be killed: what it works with comes as JSON on stdin. At `stopAt` it says so and waits.
import { text } from 'node:stream/consumers';
import { createLocalBlobs, sealBlobs } from '../../src/blobs/blobs.ts';
import { type ConnectOptions, createDatabase } from '../../src/db/db.ts';
import { openSignals } from '../../src/events/events.ts';
import { createLog } from '../../src/log.ts';
import { workPurges } from '../../src/purge/purge.ts';
import { keeperOf } from '../../src/worker/worker.ts';

export interface PurgeProcessPlan {
  readonly connect: ConnectOptions;
  readonly prefix: string;
  readonly blobs: string;
  readonly stopAt: string | undefined;
  readonly leaseMs: number;
}

const plan = JSON.parse(await text(process.stdin)) as PurgeProcessPlan;
const deps = {
  purger: createDatabase({
    ...{ connect: plan.connect, prefix: plan.prefix },
    max: 3,
    enter: 'purger',
    onFault: () => undefined,
  }),
  blobs: sealBlobs(createLocalBlobs({ root: plan.blobs }), { sealing: false }),
  logFiles: [],
  signingSeed: Buffer.alloc(32, 9),
  version: '0.1.0',
  signals: await openSignals(undefined, () => undefined),
  log: createLog({ level: 'warn' }),
  keeperOf,
  leaseMs: plan.leaseMs,
  reached: async (point: string) => {
    if (point !== plan.stopAt) return;
    process.stdout.write(`${point}\n`);
    await new Promise(() => setInterval(() => undefined, 60_000));
  },
} as const;
while (!(await workPurges(deps, new AbortController().signal))) await new Promise((resolve) => setTimeout(resolve, 50));
process.stdout.write('worked\n');
process.exit(0);
