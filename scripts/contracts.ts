// Holds the contracts to everything that was released: `npm run contracts`. `npm run contracts -- --release` adds what is new,
// and is for a release alone: what stands in contracts/released.json never changes.
import { judgeRelease } from '../contracts/src/release-gate.ts';
import { presentContracts, recordRelease, releasedContracts } from '../contracts/src/released.ts';

const write = (text: string): void => void process.stdout.write(`${text}\n`);

if (process.argv.includes('--release')) {
  for (const name of await recordRelease()) write(`released: ${name}`);
}
const verdict = judgeRelease(await releasedContracts(), presentContracts());
if (verdict.ok)
  write(`contracts: whole${verdict.added.length === 0 ? '' : `, ${verdict.added.length} not released yet`}`);
else {
  for (const name of verdict.changed) write(`changed in place: ${name} (a change is a new version beside the old one)`);
  for (const name of verdict.missing) write(`missing: ${name} (a released contract stays readable for ever)`);
  process.exitCode = 1;
}
