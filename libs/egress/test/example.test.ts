import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

test('the example of the package runs and shows what the page about it says', async () => {
  const { stdout } = await run(process.execPath, [at('../example/guarded-fetch.ts')]);
  const lines = stdout.replace(/:\d{4,5}\//g, ':PORT/').split('\n');
  assert.deepEqual(
    lines.map((line) => line.trim()),
    [
      'allow hop 0 http://127.0.0.1:PORT/page?session=',
      'allow hop 0 http://127.0.0.1:PORT/attack',
      'block hop 1 http://169.254.169.254/latest/meta-data/ metadata',
      '',
    ],
  );
});

test('importing the package does nothing: no socket, no timer, no variable, no output', async () => {
  const source = `
    const held = () => process.getActiveResourcesInfo().filter((name) => /TCP|TLS|UDP|DNS|Timeout|Immediate|Message/.test(name));
    const names = Object.keys(globalThis).length;
    const exported = Object.keys(await import('@sallyport/egress')).sort();
    process.stdout.write(JSON.stringify([held(), Object.keys(globalThis).length - names, exported]));`;
  const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '-e', source], { cwd: at('..') });
  assert.deepEqual(JSON.parse(stdout), [
    [],
    0,
    ['EgressError', 'createEgressGuard', 'findHostRule', 'parseAddress', 'parseHostRule'],
  ]);
  assert.equal(stderr, '');
});

test('the package depends on undici alone, pinned', async () => {
  const manifest = JSON.parse(await readFile(at('../package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  assert.deepEqual(Object.keys(manifest.dependencies), ['undici']);
  assert.match(manifest.dependencies.undici ?? '', /^\d+\.\d+\.\d+$/);
});
