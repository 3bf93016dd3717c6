// Holds the contracts to everything that was released: `npm run contracts`. `npm run contracts -- --release` adds what is new, and is for
// a release alone: what stands in contracts/released.json and the files below contracts/released never changes.
import { judgeRelease } from '../contracts/src/release-gate.ts';
import { presentContracts, recordRelease, releasedContracts } from '../contracts/src/released.ts';
import { compare } from '../libs/compat/src/compat.ts';

const write = (text: string): void => void process.stdout.write(`${text}\n`);

let verdict = judgeRelease(await releasedContracts(), presentContracts(), compare);
if (verdict.ok && process.argv.includes('--release')) {
  for (const name of await recordRelease()) write(`released: ${name}`);
  verdict = judgeRelease(await releasedContracts(), presentContracts(), compare);
}
if (verdict.ok) {
  const waiting = [...verdict.added, ...verdict.revised];
  write(`contracts: whole${waiting.length === 0 ? '' : `; not released yet: ${waiting.join(', ')}`}`);
} else {
  for (const { name, detail, ...shown } of verdict.faults) {
    write(`${name}: ${detail}`);
    if ('counterexample' in shown) write(`  counter-example: ${JSON.stringify(shown.counterexample)}`);
  }
  write('a change that breaks a reader is a new version beside the old one');
  process.exitCode = 1;
}
