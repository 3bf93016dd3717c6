// Runs a TypeScript program on Node.js >= 24, started from any Node.js >= 20:
//   node launcher/with-node.mjs program.ts [arguments...]
// Signals are passed on and the program's end becomes this process's end.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findNode, MISSING_NODE } from './find-node.mjs';

/** @param {{ watched?: boolean }} [options] `watched`: the child gets a channel that closes when this process ends, however it ends. */
export function runWithNode(args, options = {}) {
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(MISSING_NODE);
    process.exit(78);
  }
  const path = `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`;
  const stdio = ['inherit', 'inherit', 'inherit', ...(options.watched === true ? ['ipc'] : [])];
  const child = spawn(node, args, { stdio, env: { ...process.env, PATH: path } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      // A terminal sends SIGINT to the whole process group; the child has it already then.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`sallyport: cannot start ${node}: ${error.message}\n`);
    process.exit(126);
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  runWithNode(process.argv.slice(2));
}
