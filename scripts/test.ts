// The runner behind `npm test`: starts one real PostgreSQL for all test files, runs them two at a time and ends with `N passed, N failed`,
// also when a file crashes or hangs, the database does not start or a signal comes. Arguments filter by part of the path.
// A run without a filter also asks whether every statement of the server met the parser gate.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestCluster } from '../server/test/database.ts';
import { findUnmetStatements } from './checks/statements.ts';
import { type Outcome, runFiles } from './run-files.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['contracts', 'libs', 'server', 'client', 'cli', 'console', 'proof', 'examples', 'bench', 'scripts'];
const FILE_MS = 300_000;
const SLOWEST = 10;

const write = (text: string): void => void process.stdout.write(`${text}\n`);

async function findTests(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function runAll(files: readonly string[], whole: boolean, signal: AbortSignal): Promise<Outcome> {
  const cluster = await startTestCluster();
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-statements-'));
  const statements = join(folder, 'met.jsonl');
  try {
    const env = { ...process.env, ...cluster.env, SALLYPORT_TEST_STATEMENTS: statements };
    const outcome = await runFiles(files, { root: ROOT, concurrency: 2, fileMs: FILE_MS, write, env, signal });
    if (!whole || signal.aborted) return outcome;
    const unmet = await findUnmetStatements(ROOT, await readFile(statements, 'utf8').catch(() => ''));
    if (unmet.length === 0) outcome.passed++;
    else outcome.failed++;
    for (const fault of unmet) write(`FAILED parser gate: ${fault}`);
    return outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
    await cluster.stop();
  }
}

const stopped = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());
const filters = process.argv.slice(2);
const found = (await Promise.all(FOLDERS.map(findTests))).flat().sort();
const files = found.filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)));
const outcome = await runAll(files, filters.length === 0, stopped.signal).catch((error: unknown): Outcome => {
  write(`FAILED the run itself: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return { passed: 0, failed: 1, skipped: 0, times: [] };
});
write('slowest:');
for (const { name, ms } of outcome.times.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST))
  write(`  ${(ms / 1000).toFixed(2).padStart(7)} s  ${name}`);
if (outcome.skipped > 0) write(`${outcome.skipped} skipped`);
write(`${outcome.passed} passed, ${outcome.failed} failed`);
process.exit(outcome.failed > 0 || outcome.passed === 0 ? 1 : 0);
