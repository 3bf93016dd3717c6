// `npm run prove`: every attack of the threat model in all four settings, against a throw-away instance of its own.
// A table for people; `--json` for machines. Ends with 1 when an attack got through, or when one has no teeth.
import { startTestCluster } from '../server/test/database.ts';
import { type Attack, mustSucceed, nameOf, type Outcome, SETTINGS, type Setting } from './attack.ts';
import { PROMISES } from './promises.ts';
import { ATTACKS } from './threats.ts';

interface Result {
  readonly attack: Attack;
  readonly setting: Setting;
  readonly outcome: Outcome;
  readonly right: boolean;
}

const json = process.argv.includes('--json');
const write = (text: string): void => void process.stdout.write(`${text}\n`);

async function attempt(attack: Attack, setting: Setting): Promise<Result> {
  // An attack that could not be carried out proves nothing: it counts as wrong in every setting.
  const outcome = await attack.run(setting).catch((error: unknown) => error);
  if (outcome instanceof Error || typeof outcome !== 'object' || outcome === null)
    return {
      attack,
      setting,
      outcome: { succeeded: false, evidence: `not carried out: ${String(outcome)}` },
      right: false,
    };
  const done = outcome as Outcome;
  return { attack, setting, outcome: done, right: done.succeeded === mustSucceed(setting) };
}

function show(attack: Attack, results: readonly Result[]): void {
  write(`\n${attack.threat}\n  promise ${attack.promise}: ${PROMISES[attack.promise]}`);
  write(`  outer door: ${attack.outer}\n  inner door: ${attack.inner}`);
  for (const { setting, outcome, right } of results) {
    const word = outcome.succeeded ? 'succeeds' : 'fails';
    const verdict = right ? (mustSucceed(setting) ? 'as it must' : 'holds') : 'WRONG';
    write(`  ${nameOf(setting).padEnd(12)} ${word.padEnd(9)} ${verdict.padEnd(11)} ${outcome.evidence}`);
  }
}

const cluster = await startTestCluster();
Object.assign(process.env, cluster.env);
const results: Result[] = [];
try {
  for (const attack of ATTACKS) {
    const tried: Result[] = [];
    for (const setting of SETTINGS) tried.push(await attempt(attack, setting));
    results.push(...tried);
    if (!json) show(attack, tried);
  }
} finally {
  await cluster.stop();
}
const wrong = results.filter((result) => !result.right);
if (json)
  for (const { attack, setting, outcome, right } of results)
    write(JSON.stringify({ attack: attack.id, promise: attack.promise, ...setting, ...outcome, right }));
else
  write(
    `\n${ATTACKS.length} attacks in ${SETTINGS.length} settings: ${results.length - wrong.length} as they must be, ${wrong.length} wrong`,
  );
process.exit(wrong.length === 0 ? 0 : 1);
