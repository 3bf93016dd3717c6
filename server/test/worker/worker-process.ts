// A worker in a process of its own, to be killed: its connections and its blob folder come as JSON on stdin.
import { text } from 'node:stream/consumers';
import { createEgressGuard } from '@sallyport/egress';
import { openModels } from '../../src/agent/agent.ts';
import { createLocalBlobs, sealBlobs } from '../../src/blobs/blobs.ts';
import { systemClock } from '../../src/clock.ts';
import { type ConnectOptions, createDatabase, openListener } from '../../src/db/db.ts';
import { openSignals } from '../../src/events/events.ts';
import { createLog } from '../../src/log.ts';
import { createParser } from '../../src/parse/parse.ts';
import { loadSkills } from '../../src/skills/skills.ts';
import { startWorker } from '../../src/worker/worker.ts';
import { testVault } from '../database.ts';

export interface WorkerProcessPlan {
  readonly connect: ConnectOptions;
  readonly prefix: string;
  readonly blobs: string;
  readonly skills: string;
  readonly ports: readonly number[];
  readonly concurrency?: number;
  /** A local endpoint of the chat completions format, for runs of `test-model`. */
  readonly model?: { readonly port: number; readonly price: { readonly input: string; readonly output: string } };
}

const plan = JSON.parse(await text(process.stdin)) as WorkerProcessPlan;
const log = createLog({ level: 'warn' });
const fault = (error: unknown): void => log.error('fault', {}, error);
const { model } = plan;
const provider = model && {
  baseUrl: new URL(`http://127.0.0.1:${model.port}/v1`),
  apiKey: undefined,
  names: ['test-model'],
  price: model.price,
  egress: createEgressGuard({ allowAddresses: [`127.0.0.1/32:${model.port}`] }),
};
const signals = await openSignals(await openListener(plan.connect, fault), fault);
const worker = startWorker({
  agent: {
    db: createDatabase({ keys: await testVault(), connect: plan.connect, prefix: plan.prefix, max: 6, onFault: fault }),
    skills: await loadSkills(plan.skills),
    models: openModels({ fallback: 'rehearsal', provider }),
    egress: createEgressGuard({ allowAddresses: plan.ports.map((port) => `127.0.0.1/32:${port}`) }),
    parser: createParser(),
    blobs: sealBlobs(createLocalBlobs({ root: plan.blobs })),
    clock: systemClock,
    signals,
    log,
  },
  direct: plan.connect,
  rolePrefix: plan.prefix,
  concurrency: plan.concurrency ?? 2,
  drainMs: 5_000,
});
process.on('SIGTERM', () => void worker.close().then(() => process.exit(0)));
while (!worker.alive()) await new Promise((resolve) => setTimeout(resolve, 10));
process.stdout.write('alive\n');
