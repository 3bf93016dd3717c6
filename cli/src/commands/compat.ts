import { open } from 'node:fs/promises';
import { type Comparison, compare, type Direction, type Reason } from '@sallyport/compat';
import { type Command, type Input, JSON_FLAG } from '../command.ts';
import { Stop, status } from '../exit-status.ts';
import { inert, inertJson } from '../inert.ts';
import { paint, print } from '../print.ts';

const MOST_BYTES = 4 * 1024 * 1024;
const MOST_SHOWN = 2_000;

const MEANINGS: Readonly<Record<Direction, string>> = {
  backward: 'readers of the new schema read what was written under the old one',
  forward: 'readers of the old schema read what is written under the new one',
};

async function readSchema(name: string): Promise<unknown> {
  let text: string;
  try {
    await using file = await open(name);
    const { size } = await file.stat();
    if (size > MOST_BYTES) throw new Stop('data', `${inert(name, 300)} is larger than ${MOST_BYTES} bytes`);
    text = await file.readFile('utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined || !/^E[A-Z]+$/.test(code)) throw error;
    throw new Stop('no_input', `${inert(name, 300)} cannot be read (${code})`, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Stop('data', `${inert(name, 300)} is not JSON`, error);
  }
}

function chosen(input: Input): readonly Direction[] {
  const only = input.text('only');
  if (only === undefined) return ['backward', 'forward'];
  if (only === 'backward' || only === 'forward') return [only];
  throw new Stop('usage', '--only is backward or forward');
}

function show(said: Comparison, directions: readonly Direction[]): void {
  for (const direction of directions) {
    const answer = said[direction];
    print(`${direction}: ${paint(answer === 'yes' ? 'good' : 'bad', answer)}: ${MEANINGS[direction]}`);
    for (const reason of said.reasons) if (reason.direction === direction) print(indented(reason));
  }
}

function indented({ path, keyword, detail, ...shown }: Reason): string {
  const at = path === '' ? '' : `${inert(path, 300)} `;
  const lines = [`  ${at}${inert(keyword, 100)}: ${inert(detail, 500)}`];
  if ('counterexample' in shown)
    lines.push(`  counter-example: ${inert(JSON.stringify(shown.counterexample), MOST_SHOWN)}`);
  return lines.join('\n');
}

async function run(input: Input): Promise<number> {
  const directions = chosen(input);
  const [old, next] = [await readSchema(input.words[0] ?? ''), await readSchema(input.words[1] ?? '')];
  const said = compare(old, next);
  if (input.has('json')) print(inertJson({ ...said }));
  else show(said, directions);
  // What is not proven counts as breaking.
  return status(directions.every((direction) => said[direction] === 'yes') ? 'ok' : 'failed');
}

export const command: Command = {
  name: 'compat',
  about: 'Compare two JSON Schemas: may an old reader read a new writer?',
  actions: {
    '': {
      usage: 'OLD NEW',
      about: 'Compare two JSON Schema files (2020-12), without a server and without a key.',
      words: { least: 2, most: 2 },
      flags: [JSON_FLAG, { name: 'only', value: 'DIRECTION', about: 'backward or forward; both unless told.' }],
      run,
    },
  },
  notes: [
    'yes is proven, no comes with a counter-example, and unknown counts as breaking.',
    'Ends with 0 when every direction that was asked for is yes, and with 1 otherwise.',
  ],
};
