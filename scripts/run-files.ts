// Runs test files, each in a process group of its own, and believes only what a file told until its end: a file that leaves early,
// crashes, hangs, holds no test or rejects unheard has failed, whatever its exit status says.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Line } from './test-reporter.ts';

const REPORTER = fileURLToPath(new URL('./test-reporter.ts', import.meta.url));
const MOST_OUTPUT = 64 * 1024;
/** What a finished file may still have in its pipes. */
const DRAIN_MS = 200;

export interface RunOptions {
  readonly root: string;
  readonly concurrency: number;
  readonly fileMs: number;
  readonly write: (text: string) => void;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  readonly times: { readonly name: string; readonly ms: number }[];
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly late: boolean;
  readonly output: string;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group has ended.
  }
}

async function runProcess(file: string, destination: string, options: RunOptions): Promise<Ended> {
  // Inside a test of its own the runner must not pass on that it is tested: the file would report to the wrong place.
  const { NODE_TEST_CONTEXT: _context, ...env } = options.env;
  const args = [`--test-reporter=${REPORTER}`, `--test-reporter-destination=${destination}`, file];
  const child = spawn(process.execPath, args, {
    cwd: options.root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let late = false;
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-MOST_OUTPUT);
    });
  const closed = new Promise((resolve) => child.on('close', resolve));
  const stop = (): void => killGroup(child);
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, options.fileMs);
  options.signal?.addEventListener('abort', stop);
  try {
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('exit', (...end) => resolve(end));
    });
    stop();
    // Closed pipes are not waited for: a process that left the group could hold them for ever.
    await Promise.race([closed, delay(DRAIN_MS)]);
    return { code, signal, late, output };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

/** Why the file as a whole has failed although no test of it did; undefined when it has not. */
function judgeEnd(ended: Ended, lines: readonly Line[], fileMs: number): string | undefined {
  const open = lines.flatMap((line) => (line.kind === 'begun' ? [line.name] : []));
  for (const line of lines)
    if ((line.kind === 'passed' || line.kind === 'failed' || line.kind === 'skipped') && open.includes(line.name))
      open.splice(open.indexOf(line.name), 1);
  const during = open.length === 0 ? '' : ` during: ${open.slice(0, 5).join('; ')}`;
  if (ended.late) return `did not end within ${fileMs / 1000} s${during}`;
  if (ended.signal !== null) return `was ended by ${ended.signal}${during}`;
  const last = lines.at(-1);
  if (last?.kind !== 'ended') return `left with status ${ended.code} before its tests were done${during}`;
  if (last.tests === 0) return 'holds no test';
  if (lines.some((line) => line.kind === 'failed')) return undefined;
  if (ended.code !== 0 || !last.success)
    return `ended with status ${ended.code}: a hook failed, or an error came after its test`;
  return undefined;
}

function readLines(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      // The last line of a killed file may be cut.
      return [];
    }
  });
}

async function runFile(file: string, folder: string, outcome: Outcome, options: RunOptions): Promise<void> {
  const name = relative(options.root, file);
  const destination = join(folder, `${name.replaceAll('/', '+')}.jsonl`);
  const ended = await runProcess(file, destination, options);
  const lines = readLines(await readFile(destination, 'utf8').catch(() => ''));
  const fail = (what: string, text: string): void => {
    outcome.failed++;
    options.write(`FAILED ${name}: ${what}\n${text}\n`);
  };
  for (const line of lines) {
    if (line.kind === 'failed') fail(line.name, line.text);
    if (line.kind === 'skipped') {
      outcome.skipped++;
      options.write(`skipped: ${name}: ${line.name} (${line.why})`);
    }
    if (line.kind === 'passed') {
      outcome.passed++;
      outcome.times.push({ name: `${name}: ${line.name}`, ms: line.ms });
    }
  }
  const whole = judgeEnd(ended, lines, options.fileMs);
  const notes = lines.flatMap((line) => (line.kind === 'note' ? [line.text] : []));
  if (whole !== undefined) fail(whole, [...notes, ended.output].join('\n'));
  else if (lines.some((line) => line.kind === 'failed') && ended.output !== '') options.write(ended.output);
}

/** Runs the files in the order given, `concurrency` at a time. Never throws for what a file does. */
export async function runFiles(files: readonly string[], options: RunOptions): Promise<Outcome> {
  const outcome: Outcome = { passed: 0, failed: 0, skipped: 0, times: [] };
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-report-'));
  const queue = [...files];
  const lane = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      if (options.signal?.aborted === true) {
        outcome.failed++;
        options.write(`FAILED ${relative(options.root, file)}: not run, the run was stopped`);
        continue;
      }
      await runFile(file, folder, outcome, options).catch((error: unknown) => {
        outcome.failed++;
        options.write(`FAILED ${relative(options.root, file)}: ${String(error)}`);
      });
    }
  };
  try {
    await Promise.all(Array.from({ length: options.concurrency }, lane));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return outcome;
}
