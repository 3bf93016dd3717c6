// A small process that holds a pipe to this one. When the pipe ends without a word, however we died, it ends the database.
import { type ChildProcess, spawn } from 'node:child_process';

/** SIGINT is a fast shutdown, SIGQUIT an immediate one, SIGKILL the end: all within 2 s. Deaf to what a group is sent. */
const SCRIPT = `trap '' INT TERM HUP
read word; [ "$word" = done ] && exit 0
kill -INT "$1" 2>/dev/null; n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 17 ]; do
  sleep 0.1; n=$((n+1)); [ $n -eq 13 ] && kill -QUIT "$1" 2>/dev/null
done
kill -KILL "$1" 2>/dev/null; exit 0`;

export interface Watcher {
  /** Says that the database ended by our hand. */
  done(): void;
}

/** Watches over `pid`; a watcher that dies is replaced. */
export function watchOver(pid: number): Watcher {
  let over = false;
  let present: ChildProcess | undefined;
  const begin = (): void => {
    if (over) return;
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'sallyport-watcher', String(pid)], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
    });
    child.stdin?.on('error', () => undefined);
    child.on('error', () => undefined);
    child.on('exit', () => setTimeout(begin, 100).unref());
    child.unref();
    present = child;
  };
  begin();
  return {
    done: () => {
      over = true;
      present?.stdin?.end('done\n');
    },
  };
}
