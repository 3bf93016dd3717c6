// A real server started as people start it, and the commands that talk to it, each a process of its own.
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/sallyport.mjs', import.meta.url));
const START_MS = 60_000;

export interface Ready {
  readonly url: string;
  readonly console_link: string;
  readonly tenant_id: string;
  readonly api_key?: string;
}

export interface Done {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly done: Promise<Done>;
  kill(signal: NodeJS.Signals): void;
}

type Environment = Readonly<Record<string, string>>;

/** Nothing of the caller's own settings or keys reaches a command under test. */
function environment(home: string, extra: Environment): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '', HOME: home, ...extra };
}

/** What an older Node.js does: the command line becomes a child of the launcher. */
const LAUNCH = `const { runWithNode } = await import(${JSON.stringify(new URL('../../launcher/with-node.mjs', import.meta.url).href)});
runWithNode(process.argv.slice(1), { watched: true });`;
export const LAUNCHED = [
  '--input-type=module',
  '-e',
  LAUNCH,
  fileURLToPath(new URL('../src/main.ts', import.meta.url)),
];

export function start(
  home: string,
  args: readonly string[],
  extra: Environment = {},
  program: readonly string[] = [BIN],
): Started {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(process.execPath, [...program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment(home, extra),
    cwd: home,
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const done = new Promise<Done>((resolve) => child.on('close', (status) => resolve({ status, ...said })));
  return { stdout: () => said.stdout, stderr: () => said.stderr, done, kill: (signal) => void child.kill(signal) };
}

export async function until(holds: () => boolean, what: () => string, withinMs = START_MS): Promise<void> {
  const began = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - began < withinMs, `not within ${withinMs} ms: ${what()}`);
    await delay(20);
  }
}

export interface Bench {
  readonly home: string;
  readonly data: string;
  /** Starts the server and waits for its line. */
  serve(flags: readonly string[], program?: readonly string[]): Promise<Started & { readonly ready: Ready }>;
  /** A command against this data folder, to its end. */
  run(args: readonly string[], extra?: Environment): Promise<Done>;
  /** Processes whose command line names the data folder or the cluster of it. */
  processes(): string[];
  clear(): Promise<void>;
}

export function bench(): Bench {
  const home = mkdtempSync(join(tmpdir(), 'sp-cli-'));
  const data = join(home, 'data');
  const running = new Set<Started>();
  const begin = (args: readonly string[], extra?: Environment, program?: readonly string[]): Started => {
    const one = start(home, args, extra, program);
    running.add(one);
    void one.done.then(() => running.delete(one));
    return one;
  };
  return {
    home,
    data,
    serve: async (flags, program) => {
      const server = begin(['serve', '--port', '0', '--data', data, '--json', ...flags], {}, program);
      let ended = false;
      void server.done.then(() => {
        ended = true;
      });
      await until(() => ended || server.stdout().includes('\n'), server.stderr);
      assert.ok(!ended, server.stderr());
      return { ...server, ready: JSON.parse(server.stdout()) as Ready };
    },
    run: (args, extra) => begin([...args, '--data', data], extra).done,
    processes: () => namedProcesses([data, ...clusterOf(data)]),
    clear: async () => {
      for (const one of running) one.kill('SIGKILL');
      const clusters = clusterOf(data);
      // What a failed test left behind: its command line names a folder that only this test has.
      for (const line of namedProcesses([data])) endProcess(Number.parseInt(line, 10));
      await Promise.all([...running].map((one) => one.done));
      await until(
        () => namedProcesses([data, ...clusters]).length === 0,
        () => 'a process is left',
        20_000,
      );
      for (const path of [...clusters, home]) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Where root keeps the cluster of a data folder. */
function clusterOf(data: string): string[] {
  const path = join(data, 'instance.json');
  if (!existsSync(path)) return [];
  const { id } = JSON.parse(readFileSync(path, 'utf8')) as { id: string };
  return [join('/var/lib/sallyport/db', id)];
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself just now.
  }
}

function namedProcesses(needles: readonly string[]): string[] {
  if (!existsSync('/proc/self/cmdline')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return needles.some((needle) => line.includes(needle)) ? [`${pid} ${line}`] : [];
      } catch {
        return [];
      }
    });
}
