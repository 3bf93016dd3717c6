// Rotates the master key in a process of its own, which kills itself at its `at`-th word.
import { text } from 'node:stream/consumers';
import { createLog, readConfig, rotateMaster } from '../../src/main.ts';

const plan = JSON.parse(await text(process.stdin)) as { env: Record<string, string>; at: number };
let count = 0;
await rotateMaster(readConfig({ env: plan.env, flags: {} }), createLog({ level: 'error', write: () => undefined }), {
  onProgress: (said) => {
    process.stdout.write(`${said}\n`);
    if (++count === plan.at) process.kill(process.pid, 'SIGKILL');
  },
});
