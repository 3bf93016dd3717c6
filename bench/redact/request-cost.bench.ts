// Measures which share of the CPU of a small authenticated request is its log line: building it, masking it, writing it (LG6: at most a tenth).
// The same process serves the same request with its lines and without; rounds are interleaved and the median counts. Run:
//   node launcher/with-node.mjs bench/redact/request-cost.bench.ts
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROUNDS = 15;
const REQUESTS = 600;
const AT_ONCE = 16;
const GOAL = 0.1;

const child: ChildProcess = fork(fileURLToPath(new URL('./request-cost-process.ts', import.meta.url)), {
  stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
});
const next = <T>(): Promise<T> => new Promise((resolve) => child.once('message', (message) => resolve(message as T)));
const { urls, key } = await next<{ urls: [string, string]; key: string }>();

async function cpuMs(): Promise<number> {
  child.send('cpu');
  const { user, system } = await next<NodeJS.CpuUsage>();
  return (user + system) / 1_000;
}

async function load(url: string): Promise<void> {
  let left = REQUESTS;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const answer = await fetch(`${url}/v1/me`, { headers: { authorization: `Bearer ${key}` } });
      if (answer.status !== 200) throw new Error(await answer.text());
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function costOf(url: string): Promise<number> {
  const before = await cpuMs();
  await load(url);
  return ((await cpuMs()) - before) / REQUESTS;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const [logging, silent] = urls;
const costs: { with: number[]; without: number[] } = { with: [], without: [] };
for (let round = -3; round < ROUNDS; round++) {
  const pair = { with: await costOf(logging), without: await costOf(silent) };
  if (round < 0) continue;
  costs.with.push(pair.with);
  costs.without.push(pair.without);
}
const [dear, cheap] = [median(costs.with), median(costs.without)];
const share = (dear - cheap) / dear;
process.stdout.write(
  `a request ${dear.toFixed(3)} ms of CPU with its line, ${cheap.toFixed(3)} ms without: the line is ${(share * 100).toFixed(1)} % (goal ${GOAL * 100} %)\n`,
);
child.send('end');
process.exitCode = share <= GOAL ? 0 : 1;
