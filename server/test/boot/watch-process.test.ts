import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Fault } from '../../src/errors.ts';
import { readConfig } from '../../src/main.ts';

const PROGRAM = fileURLToPath(new URL('./crash-process.ts', import.meta.url));

async function crash(
  way: string,
): Promise<{ code: number | null; out: string; lines: Record<string, unknown>[]; filter: string }> {
  const child = spawn(process.execPath, [PROGRAM, way], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let error = '';
  let filter = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
    const path = `/proc/${child.pid}/coredump_filter`;
    if (existsSync(path)) filter = readFileSync(path, 'utf8').trim();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  assert.ok(!`${out}${error}`.includes('canary'), error);
  // Whatever is not a line of the log would not parse.
  const lines = error
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, out, lines, filter };
}

const CRASHES: readonly (readonly [string, string])[] = [
  ['exception', 'uncaughtException'],
  ['rejection', 'unhandledRejection'],
  ['wordless', 'unhandledRejection'],
  ['thread', 'uncaughtException'],
];
for (const [way, reason] of CRASHES)
  test(`a crash by ${way} is one masked line of the log, nothing beside it, and an end`, async () => {
    const { code, out, lines } = await crash(way);
    assert.deepEqual([code, out, lines.length], [70, '', 1], JSON.stringify(lines));
    assert.deepEqual([lines[0]?.event, lines[0]?.reason, lines[0]?.level], ['process.crashed', reason, 'error']);
  });

test('a warning of the runtime is a line of the log', async () => {
  const { code, lines } = await crash('warning');
  assert.deepEqual([code, lines.length, lines[0]?.event], [0, 1, 'process.warning']);
});

test('the signal that opens a debugger opens none', async () => {
  const { lines } = await crash('debugger');
  assert.deepEqual(
    lines.map((line) => line.event),
    ['process.debugger_refused'],
  );
});

test('a core dump would hold no page of memory', { skip: !existsSync('/proc/self/coredump_filter') }, async () => {
  const { filter } = await crash('debugger');
  assert.match(filter, /^0+$/);
});

test('options of the runtime that open its memory stop the start, unless a node on loopback is told to allow them', () => {
  const faults = (env: Record<string, string>): string => {
    try {
      readConfig({ env, flags: {} });
      return '';
    } catch (error) {
      assert.ok(error instanceof Fault);
      return error.message;
    }
  };
  const opening = [
    '--inspect',
    '--inspect-brk=0.0.0.0:9229',
    '--heapsnapshot-signal=SIGUSR2',
    '--heapsnapshot-near-heap-limit=2',
  ];
  for (const option of [
    ...opening,
    '--report-on-fatalerror',
    '--report-uncaught-exception',
    '--heap-prof',
    '--cpu-prof',
    '--prof',
  ]) {
    const NODE_OPTIONS = `--max-old-space-size=512 ${option}`;
    assert.match(faults({ NODE_OPTIONS }), /NODE_OPTIONS: --.* lets others read the memory/, option);
    assert.equal(faults({ NODE_OPTIONS, SALLYPORT_DEBUGGING: 'on' }), '');
  }
  assert.equal(faults({ NODE_OPTIONS: '--max-old-space-size=512 --no-deprecation' }), '');
  const open = { SALLYPORT_DEBUGGING: 'on', SALLYPORT_PUBLIC_URL: 'https://a.example' };
  assert.match(faults(open), /SALLYPORT_DEBUGGING/);
});
