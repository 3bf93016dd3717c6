import type { Posture } from '@sallyport/contracts';
import { CONNECTION_FLAGS, type Command, type Input, JSON_FLAG } from '../command.ts';
import { connectAsOperator } from '../connection.ts';
import { status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { note, paint, print, type Tone } from '../print.ts';

const TONES: Readonly<Record<string, Tone>> = {
  below_baseline: 'bad',
  baseline: 'warn',
  production: 'good',
  high_assurance: 'good',
};
const word = (rung: string): string => inert(rung.replaceAll('_', ' '), 40);

function show(posture: Posture): void {
  for (const { promise, title, rung, evidence, next } of posture.promises) {
    print(`${promise}  ${paint(TONES[rung] ?? 'plain', word(rung).padEnd(14))}  ${inert(title, 200)}`);
    for (const fact of evidence) print(`     ${inert(fact, 300)}`);
    for (const reach of next?.reach ?? []) print(`     ${word(next?.rung ?? '')}: ${inert(reach, 300)}`);
  }
  print(`the whole stands at ${paint(TONES[posture.rung] ?? 'plain', word(posture.rung))}`);
}

async function run(input: Input): Promise<number> {
  const posture = await connectAsOperator(input).client.posture();
  if (input.has('json')) print(inertJson(posture));
  else show(posture);
  for (const { code, detail } of posture.alarms) note(`sallyport: alarm: ${inert(detail, 300)} (${inert(code, 60)})`);
  return status(posture.alarms.length > 0 || posture.rung === 'below_baseline' ? 'failed' : 'ok');
}

export const command: Command = {
  name: 'posture',
  about: 'Show which rung each promise stands on, and what reaches the next.',
  actions: {
    '': {
      usage: '',
      about:
        'Show for each promise the rung of the deployment, the facts behind it, and the setting that reaches the next.',
      words: { least: 0, most: 0 },
      flags: [JSON_FLAG, ...CONNECTION_FLAGS],
      run,
    },
  },
  notes: [
    'Ends with 1 when an alarm stands or a promise is below its baseline. The operator key is the file DATA/operator-key.',
  ],
};
