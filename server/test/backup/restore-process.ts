// Restores in a process of its own, which kills itself at its `at`-th word: whatever it was about to do next is not done.
import { text } from 'node:stream/consumers';
import { createLog, readConfig, restore } from '../../src/main.ts';

const plan = JSON.parse(await text(process.stdin)) as { env: Record<string, string>; file: string; at: number };
let count = 0;
await restore(
  readConfig({ env: plan.env, flags: {} }),
  createLog({ level: 'error', write: () => undefined }),
  plan.file,
  {
    resumeRuns: false,
    onProgress: (said) => {
      process.stdout.write(`${said}\n`);
      if (++count === plan.at) process.kill(process.pid, 'SIGKILL');
    },
  },
);
