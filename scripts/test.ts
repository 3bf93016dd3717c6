// The runner behind `npm test`: starts one real PostgreSQL for all test files, runs them two at a time and ends with `N passed, N failed`.
// Arguments filter by part of the path. A run in which no test ran is a failure.
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestCluster } from '../server/test/database.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['contracts', 'libs', 'server', 'client', 'cli', 'scripts'];
const FILE_MS = 180_000;
const SLOWEST = 10;

async function findTests(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts') && !entry.parentPath.includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name));
}

const write = (text: string): void => void process.stdout.write(`${text}\n`);
const filters = process.argv.slice(2);
const found = (await Promise.all(FOLDERS.map(findTests))).flat().sort();
const files = found.filter((file) => filters.length === 0 || filters.some((part) => file.includes(part)));
const cluster = await startTestCluster();
Object.assign(process.env, cluster.env);
const times: { name: string; ms: number }[] = [];
let passed = 0;
let failed = 0;
let skipped = 0;
try {
  const stream = run({ files, concurrency: 2, timeout: FILE_MS });
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined) {
      skipped++;
      write(`skipped: ${event.name} (${String(event.skip)})`);
      return;
    }
    passed++;
    times.push({ name: `${relative(ROOT, event.file ?? '')}: ${event.name}`, ms: event.details.duration_ms });
  });
  stream.on('test:fail', (event) => {
    failed++;
    const { error } = event.details;
    write(
      `FAILED ${relative(ROOT, event.file ?? '')}: ${event.name}\n${error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : error.message}\n`,
    );
  });
  stream.on('test:stderr', (event) => process.stderr.write(event.message));
  for await (const event of stream) void event;
} finally {
  await cluster.stop();
}
write('slowest:');
for (const { name, ms } of times.sort((a, b) => b.ms - a.ms).slice(0, SLOWEST))
  write(`  ${(ms / 1000).toFixed(2).padStart(7)} s  ${name}`);
if (skipped > 0) write(`${skipped} skipped`);
write(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
