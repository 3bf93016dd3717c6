// A process that is watched as a server's is, and then goes wrong in the way that it is told.
import { Worker } from 'node:worker_threads';
import { createLog, watchProcess } from '../../src/main.ts';

const SECRET = 'Bearer canary-0123456789abcdef0123456789';
const log = createLog({ level: 'info' });
watchProcess(log, { debugging: 'off', end: () => process.exit(70) });
const message = `upstream said authorization: ${SECRET}`;
const alive = setInterval(() => undefined, 1_000);
const WAYS: Readonly<Record<string, () => void>> = {
  exception: () => {
    throw new Error(message);
  },
  rejection: () => void Promise.reject(new Error(message)),
  wordless: () => void Promise.reject(Object.create(null)),
  thread: () => void new Worker(`throw new Error(${JSON.stringify(message)})`, { eval: true }),
  warning: () => {
    process.emitWarning(message);
    setImmediate(() => process.exit(0));
  },
  debugger: () => {
    process.kill(process.pid, 'SIGUSR1');
    setTimeout(() => process.exit(0), 300);
  },
  calm: () => clearInterval(alive),
};
setImmediate(() => WAYS[process.argv[2] ?? '']?.());
