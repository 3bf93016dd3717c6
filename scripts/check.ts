// Everything that is checked without running the product: format and lint, types, the direction of imports, ways to the network,
// manifests, SQL text, names and sizes, the lock file, what is published for containers, contracts against what was released.
// `npm run check` runs all; `npm run check types` runs one.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { judgeRelease } from '../contracts/src/release-gate.ts';
import { presentContracts, releasedContracts } from '../contracts/src/released.ts';
import { compare } from '../libs/compat/src/compat.ts';
import { checkDeploy } from './checks/deploy/deploy.ts';
import { checkGlobals } from './checks/globals.ts';
import { checkImports } from './checks/imports.ts';
import { checkManifests } from './checks/manifests.ts';
import { checkSources } from './checks/sources.ts';
import { checkSqlText } from './checks/sql-text.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

function program(name: string, bin: string, args: readonly string[]): string[] {
  const path = join(dirname(require.resolve(`${name}/package.json`)), bin);
  const done = spawnSync(process.execPath, [path, ...args], { cwd: ROOT, stdio: 'inherit' });
  return done.status === 0 ? [] : [`${name} ended with ${done.status}`];
}

/** Biome's platform package holds the program itself: its wrapper package names platforms that not every registry carries. */
function biome(args: readonly string[]): string[] {
  const path = require.resolve(`@biomejs/cli-${process.platform}-${process.arch}/biome`);
  const done = spawnSync(path, ['check', ...args, '.'], { cwd: ROOT, stdio: 'inherit' });
  return done.status === 0 ? [] : [`biome ended with ${done.status}`];
}

/** A contract that was released is never broken in place: `npm run contracts` says more. */
async function contracts(): Promise<string[]> {
  const verdict = judgeRelease(await releasedContracts(), presentContracts(), compare);
  return verdict.faults.map(({ name, detail }) => `${name}: ${detail}`);
}

const CHECKS: Readonly<Record<string, () => string[] | Promise<string[]>>> = {
  lint: () => biome([]),
  types: () => ['.', 'console'].flatMap((project) => program('typescript', 'bin/tsc', ['-p', project])),
  imports: () => checkImports(ROOT),
  globals: () => checkGlobals(ROOT),
  manifests: () => checkManifests(ROOT),
  sql: () => checkSqlText(ROOT),
  sources: () => checkSources(ROOT),
  deploy: () => checkDeploy(ROOT),
  contracts,
};

const [only] = process.argv.slice(2);
if (only !== undefined && only !== 'format' && !Object.hasOwn(CHECKS, only)) {
  process.stderr.write(`no check is called ${only}; there are ${Object.keys(CHECKS).join(', ')}, format\n`);
  process.exit(64);
}
if (only === 'format') process.exit(biome(['--write']).length);
let faults = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  if (only !== undefined && only !== name) continue;
  const found = await check();
  faults += found.length;
  process.stdout.write(`${name}: ${found.length === 0 ? 'clean' : `${found.length} faults`}\n`);
  for (const fault of found) process.stdout.write(`  ${fault}\n`);
}
process.exit(faults === 0 ? 0 : 1);
