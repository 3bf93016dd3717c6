// A release writes an event under an old name and version with another shape: a console that draws it by its name alone
// would show a refusal as a success.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { judgeRelease } from '../../contracts/src/release-gate.ts';
import { type ContractSet, presentContracts, releasedContracts } from '../../contracts/src/released.ts';
import { compare } from '../../libs/compat/src/compat.ts';
import type { Attack, Outcome, Setting } from '../attack.ts';

/** What the drifted release means by it: a run that ended because it was refused. */
const DRIFTED = { result: { refused: true, reason: 'policy' } };

interface Row {
  readonly type: string;
  readonly version: number;
  readonly data_state: string;
  readonly seq: number;
}
type ViewOf = (row: Row, body: { data: unknown } | undefined, checks: boolean) => { tone: string; title: string };

/** The console's own choice of a renderer, bundled as it is shipped. */
async function consoleReader(): Promise<{ viewOf: ViewOf; drop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-proof-'));
  const outfile = join(folder, 'view.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('../../console/src/events/event-view.tsx', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    loader: { '.css': 'empty', '.svg': 'dataurl', '.woff2': 'empty' },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    outfile,
    logLevel: 'error',
  });
  const module = (await import(pathToFileURL(outfile).href)) as { viewOf: ViewOf };
  return { viewOf: module.viewOf, drop: () => rm(folder, { recursive: true, force: true }) };
}

/** The set of contracts with one shape changed in place. */
function drifted(present: ContractSet): ContractSet {
  return { ...present, 'event run.succeeded@1': { type: 'object', properties: { result: { type: 'object' } } } };
}

async function run(setting: Setting): Promise<Outcome> {
  const verdict = judgeRelease(await releasedContracts(), drifted(presentContracts()), compare);
  if (setting.outer && !verdict.ok)
    return {
      succeeded: false,
      evidence: `the release was refused: ${verdict.faults.map(({ name, detail }) => `${name}: ${detail}`).join(', ')}`,
    };
  const reader = await consoleReader();
  try {
    const row = { type: 'run.succeeded', version: 1, data_state: 'present', seq: 9 };
    const view = reader.viewOf(row, { data: DRIFTED }, setting.inner);
    return { succeeded: view.tone === 'good', evidence: `the console shows "${view.title}" in tone ${view.tone}` };
  } finally {
    await reader.drop();
  }
}

export const schemaDrift: Attack = {
  id: 'schema-drift',
  promise: 8,
  threat: 'Event schema drift causing UI misrender',
  outer: 'a gate against everything released',
  inner: 'a reader that takes what it does not know for unknown',
  run,
};
