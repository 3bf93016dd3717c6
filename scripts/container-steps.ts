// Does, without any engine for containers, what deploy/Containerfile says, step by step in folders: copies what it copies, runs what it runs,
// starts what it starts with a real database, asks what its health check asks, and sees that nothing was written but where it may be.
// `node launcher/with-node.mjs scripts/container-steps.ts`; CI runs it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TEST_MASTER_KEY, testDatabase } from '../server/test/database.ts';
import { databaseUrl } from '../server/test/node.ts';
import { type Instruction, parseContainerfile, parseCopy, type Stage } from './checks/deploy/containerfile.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HEALTHY_MS = 60_000;
const PORT = '4600';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

class StepError extends Error {
  override readonly name = 'StepError';
}

/** Patterns of a folder or a kind of file anywhere, and names at the root: all that our ignore file uses. */
function ignores(): (path: string) => boolean {
  const lines = readFileSync(join(ROOT, 'deploy/Containerfile.dockerignore'), 'utf8').split('\n');
  const tests = lines
    .filter((line) => line !== '')
    .map((line) => {
      const anywhere = line.startsWith('**/');
      const name = anywhere ? line.slice(3) : line;
      return (path: string): boolean => {
        const parts = anywhere ? path.split('/') : path.split('/').slice(0, 1);
        return parts.some((part) => (name.startsWith('*.') ? part.endsWith(name.slice(1)) : part === name));
      };
    });
  return (path) => tests.some((is) => is(path));
}

/** A stage as it is made: its files below a folder of its own, and what it says of the process. */
interface Made {
  readonly root: string;
  folder: string;
  readonly env: Record<string, string>;
  readonly said: Map<string, string>;
}

function inside(made: Made, path: string): string {
  return join(made.root, path.startsWith('/') ? path : join(made.folder, path));
}

function copy(made: Made, rest: string, stages: ReadonlyMap<string, Made>, ignored: (path: string) => boolean): void {
  const { sources, target, from } = parseCopy(rest);
  for (const source of sources) {
    const stage = from === undefined ? undefined : stages.get(from);
    const origin = stage === undefined ? join(ROOT, source) : inside(stage, source);
    const into =
      target.endsWith('/') && !statSync(origin).isDirectory() ? join(target, source.split('/').at(-1) ?? '') : target;
    const place = inside(made, into);
    mkdirSync(dirname(place), { recursive: true });
    const wanted = (path: string): boolean => stage !== undefined || !ignored(path.slice(ROOT.length));
    cpSync(origin, place, { recursive: true, verbatimSymlinks: true, filter: (path) => wanted(path) });
  }
}

function step(
  made: Made,
  { word, rest }: Instruction,
  stages: ReadonlyMap<string, Made>,
  ignored: (path: string) => boolean,
): void {
  const began = performance.now();
  if (word === 'WORKDIR') {
    made.folder = rest;
    mkdirSync(inside(made, '.'), { recursive: true });
  } else if (word === 'COPY') copy(made, rest, stages, ignored);
  else if (word === 'ENV') made.env[rest.split('=')[0] ?? ''] = rest.slice(rest.indexOf('=') + 1);
  else if (word === 'RUN') {
    // What this machine fetched once it need not fetch again.
    const ours = { HOME: process.env.HOME ?? '/', npm_config_prefer_offline: 'true' };
    const env = { PATH: `${dirname(process.execPath)}:${process.env.PATH}`, ...ours, ...made.env };
    const done = spawnSync('sh', ['-c', rest], { cwd: inside(made, '.'), env, encoding: 'utf8' });
    if (done.status !== 0) throw new StepError(`RUN ${rest} ended with ${done.status}: ${done.stderr}${done.stdout}`);
    say(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  RUN ${rest}`);
  } else made.said.set(word, rest);
}

function make(stage: Stage, home: string, stages: ReadonlyMap<string, Made>): Made {
  const made: Made = { root: mkdtempSync(join(home, 'stage-')), folder: '/', env: {}, said: new Map() };
  const ignored = ignores();
  for (const instruction of stage.instructions) step(made, instruction, stages, ignored);
  return made;
}

/** Everything below a folder with its size and time: a write anywhere shows. */
function picture(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtimeMs } = statSync(path);
      return `${path} ${size} ${mtimeMs}`;
    })
    .toSorted();
}

function words(made: Made, name: string): string[] {
  return JSON.parse(made.said.get(name) ?? '[]') as string[];
}

async function serveAndAsk(made: Made, home: string): Promise<void> {
  const database = await testDatabase();
  const before = picture(inside(made, '.'));
  const [program, ...args] = [...words(made, 'ENTRYPOINT'), ...words(made, 'CMD')];
  const data = join(home, 'data');
  cpSync(join(made.root, made.env.SALLYPORT_DATA ?? ''), data, { recursive: true });
  const settings = {
    DATABASE_URL: databaseUrl(database),
    SALLYPORT_ROLE_PREFIX: database.prefix,
    SALLYPORT_PORT: PORT,
    SALLYPORT_MASTER_KEY: TEST_MASTER_KEY,
  };
  const child = spawn(program === 'node' ? process.execPath : (program ?? ''), args, {
    cwd: inside(made, '.'),
    env: { ...made.env, ...settings, SALLYPORT_DATA: data, PATH: dirname(process.execPath) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'close');
  try {
    await untilHealthy(
      made,
      () => child.exitCode !== null,
      () => log,
    );
    child.kill(made.said.get('STOPSIGNAL') as NodeJS.Signals);
    const [status] = await ended;
    if (status !== 0) throw new StepError(`it ended with ${status}: ${log}`);
    const written = picture(inside(made, '.')).filter((line) => !before.includes(line));
    if (written.length > 0) throw new StepError(`it wrote beside its data folder: ${written.join(', ')}`);
  } finally {
    child.kill('SIGKILL');
    await ended;
    await database.drop();
  }
}

async function untilHealthy(made: Made, isOver: () => boolean, log: () => string): Promise<void> {
  const check = JSON.parse(/CMD (\[.*\])$/.exec(made.said.get('HEALTHCHECK') ?? '')?.[1] ?? '[]') as string[];
  const began = performance.now();
  for (;;) {
    const done = spawn(process.execPath, check.slice(1), { stdio: 'ignore' });
    const [status] = await once(done, 'close');
    if (status === 0) break;
    if (isOver() || performance.now() - began > HEALTHY_MS) throw new StepError(`it did not become healthy: ${log()}`);
    await delay(200);
  }
  // Alive is soon; ready is when the database is at this release. The image is asked what compose asks.
  const ready = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${PORT}/readyz`)).status === 200;
  while (!(await ready())) {
    if (isOver() || performance.now() - began > HEALTHY_MS) throw new StepError(`it did not become ready: ${log()}`);
    await delay(200);
  }
  const page = await fetch(`http://127.0.0.1:${PORT}/sign-in`);
  if (page.status !== 200) throw new StepError(`the console is not in the image: ${page.status}`);
  say(`healthy after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}

const home = mkdtempSync(join(tmpdir(), 'sallyport-image-'));
try {
  const { stages } = parseContainerfile(readFileSync(join(ROOT, 'deploy/Containerfile'), 'utf8'));
  const known = new Map<string, Made>();
  let last: Made | undefined;
  for (const stage of stages) {
    last = make(stage, home, known);
    if (stage.name !== undefined) known.set(stage.name, last);
  }
  if (last === undefined) throw new StepError('there is no stage');
  for (const path of [
    'node_modules/typescript',
    'node_modules/react',
    'node_modules/playwright-core',
    'server/test',
    '.git',
  ])
    if (existsSync(inside(last, path))) throw new StepError(`${path} is in the image`);
  const bytes = picture(inside(last, '.')).reduce((sum, line) => sum + Number(line.split(' ').at(-2)), 0);
  say(`the image holds ${Math.round(bytes / 2 ** 20)} MiB beside Node.js`);
  await serveAndAsk(last, home);
  say('the steps of deploy/Containerfile: done');
} finally {
  rmSync(home, { recursive: true, force: true });
}
