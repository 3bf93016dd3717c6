// The server of the demo: a process of its own on a data folder that the demo made, ended with it however it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../cli/bin/sallyport.mjs', import.meta.url));
const MARK = 'demo.json';
const START_MS = 90_000;
/** Where root keeps the cluster of a data folder. */
const SHARED = '/var/lib/sallyport/db';

export class DemoStop extends Error {
  override readonly name = 'DemoStop';
}

export function defaultFolder(): string {
  return join(homedir(), '.sallyport-demo');
}

/** What the demo wrote about itself; undefined in a folder that it did not touch. */
export function readMark(data: string): { readonly made: boolean } | undefined {
  const path = join(data, MARK);
  if (!existsSync(path)) return undefined;
  const { made } = JSON.parse(readFileSync(path, 'utf8')) as { made?: unknown };
  return { made: made === true };
}

/** Marks the folder before anything else is in it, so that a demo that was killed can still be removed. */
export function markFolder(data: string): void {
  const made = !existsSync(data);
  if (made) mkdirSync(data, { recursive: true, mode: 0o700 });
  if (readMark(data) === undefined) writeFileSync(join(data, MARK), `${JSON.stringify({ made })}\n`, { mode: 0o600 });
}

function isServed(data: string): boolean {
  const path = join(data, 'server.json');
  if (!existsSync(path)) return false;
  const { pid } = JSON.parse(readFileSync(path, 'utf8')) as { pid?: unknown };
  try {
    return Number.isSafeInteger(pid) && Number(pid) > 0 && process.kill(Number(pid), 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export function demandNotServed(data: string): void {
  if (isServed(data)) throw new DemoStop(`a server runs on ${data}; stop it first: the demo starts its own`);
}

/** Takes away a folder that the demo made, and nothing else ever; of another only the mark. */
export function removeFolder(data: string): boolean {
  const mark = readMark(data);
  if (mark === undefined) return false;
  if (!mark.made) {
    rmSync(join(data, MARK));
    return false;
  }
  demandNotServed(data);
  const instance = join(data, 'instance.json');
  if (existsSync(instance)) {
    const { id } = JSON.parse(readFileSync(instance, 'utf8')) as { id?: unknown };
    if (typeof id === 'string' && /^[\w-]+$/.test(id)) rmSync(join(SHARED, id), { recursive: true, force: true });
  }
  rmSync(data, { recursive: true, force: true });
  return true;
}

export interface DemoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** The caller's own settings and keys do not reach the server of the demo. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SALLYPORT_|DATABASE_)/.test(name)));
}

export async function startServer(data: string, ports: readonly number[]): Promise<DemoServer> {
  const allow = ports.map((port) => `127.0.0.1/32:${port}`).join(',');
  const args = ['serve', '--port', '0', '--data', data, '--json', '--log-level', 'error'];
  if (ports.length > 0) args.push('--egress-allow', allow);
  // Over the channel the server hears of our end, however it comes.
  const child = spawn(process.execPath, [BIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: environment(),
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    url: await readUrl(child, ended),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function readUrl(child: ChildProcess, ended: Promise<void>): Promise<string> {
  let out = '';
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-4_000);
  });
  const ready = new Promise<string>((resolve) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
      const end = out.indexOf('\n');
      if (end !== -1) resolve((JSON.parse(out.slice(0, end)) as { url: string }).url);
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DemoStop(`the server was not ready within ${START_MS / 1_000} s`)), START_MS);
  });
  const gone = ended.then(() => {
    throw new DemoStop(`the server ended before it was ready\n${said}`);
  });
  try {
    return await Promise.race([ready, gone, late]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(timer);
    gone.catch(() => undefined);
  }
}
